import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildImage, type Image } from '../registry/image.ts';
import { buildLayer, type Layer, type LayerEntry } from '../registry/layer.ts';
import { sharedLibraries } from './shared-libraries.ts';

const entryPoint = fileURLToPath(new URL('../set-namespace/main.ts', import.meta.url));

/** What the image is made of, for people to read. */
export interface FunctionImage {
  readonly image: Image;
  readonly libraries: number;
  readonly bytes: number;
}

/**
 * The image of examples/set-namespace, made from what is on this machine: below, the Node that runs this, with the
 * libraries it loads; above, the function in one file.
 */
export async function buildFunctionImage(): Promise<FunctionImage> {
  const libraries = await sharedLibraries(process.execPath);
  const layers = [await nodeLayer(libraries), await functionLayer()];
  const image = await buildImage({
    layers,
    entrypoint: ['/usr/local/bin/node', '/function/set-namespace.cjs'],
    env: [`LD_LIBRARY_PATH=${[...new Set(libraries.map((path) => dirname(path)))].join(':')}`],
    user: '65532:65532',
    workingDir: '/',
  });
  return { image, libraries: libraries.length, bytes: layers.reduce((sum, layer) => sum + layer.bytes.length, 0) };
}

/** Not compressed: it would take longer than it saves on the way through loopback. */
async function nodeLayer(libraries: readonly string[]): Promise<Layer> {
  const entries = libraries.map((path) => copy(path.slice(1), path));
  return buildLayer([copy('usr/local/bin/node', process.execPath), ...entries], 'none');
}

async function functionLayer(): Promise<Layer> {
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    write: false,
    logLevel: 'silent',
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error('esbuild made no bundle of the function');
  return buildLayer([{ kind: 'file', path: 'function/set-namespace.cjs', content: bundle.contents }]);
}

function copy(path: string, source: string): LayerEntry {
  return { kind: 'copy', path, source, mode: 0o755 };
}
