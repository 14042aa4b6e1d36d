import { dirname } from 'node:path';
import { sharedLibraries } from '../../../examples/quickstart/shared-libraries.ts';
import { buildImage, type Image } from '../../../examples/registry/image.ts';
import { buildLayer, type LayerEntry } from '../../../examples/registry/layer.ts';

const programs = ['sh', 'cat', 'grep', 'head', 'sleep', 'yes', 'kill'].map((name) => `/bin/${name}`);

/** An image whose function is a shell script, with this machine's own small programs. */
export async function shellImage(script: string): Promise<Image> {
  const libraries = new Set<string>();
  for (const program of programs) for (const library of await sharedLibraries(program)) libraries.add(library);
  const copies = [...programs, ...libraries].map((path): LayerEntry => {
    return { kind: 'copy', path: path.slice(1), source: path, mode: 0o755 };
  });
  const folders = [...new Set([...libraries].map((path) => dirname(path)))];
  return buildImage({
    layers: [await buildLayer(copies, 'none')],
    entrypoint: ['/bin/sh', '-c', script],
    env: [`LD_LIBRARY_PATH=${folders.join(':')}`],
    user: '65532:65532',
  });
}
