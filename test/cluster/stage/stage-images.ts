import { buildImage, type Image, type ImageIndex } from '../../../examples/registry/image.ts';
import { writeImageFolder } from '../../support/image-folder.ts';
import { shellImage } from '../../support/node/shell-image.ts';
import { wrapperImage } from '../../support/node/wrapper-image.ts';
import { type RegistryAccess, skopeoPush } from '../../support/skopeo.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { build } from '../../wrapper/go-build.ts';
import { catalogProgram } from './catalog-program.ts';

export const wrapperName = 'porch/wrapper-server:v1';
/** Returns its input. */
export const echoName = 'functions/echo:v1';
/** The functions catalog's own. */
export const setNamespaceName = 'functions/set-namespace:v0.4';
export const applyReplacementsName = 'functions/apply-replacements:v0.1';
export const starlarkName = 'functions/starlark:v0.5';

const catalogImages = {
  [setNamespaceName]: 'set-namespace',
  [applyReplacementsName]: 'apply-replacements',
  [starlarkName]: 'starlark',
};

/** Functions that a test asks for by what they do. */
const shellFunctions = {
  /** Runs for two seconds, then returns its input. */
  'functions/slow:v1': 'sleep 2; cat',
  /** Fails with results in its output and a text on stderr. */
  'functions/broken:v1': 'echo broken on purpose >&2; exit 3',
  /** Fails with 1 MB of stderr. */
  'functions/loud:v1': 'head -c 1000000 /dev/zero | cat -v >&2; exit 1',
} as const;

/** Has skopeo push the images of the tests. */
export async function pushStageImages(access: RegistryAccess): Promise<void> {
  const { echo } = await build();
  await pushImage(await wrapperImage(), wrapperName, access);
  await pushImage(await programImage(echo), echoName, access);
  for (const [name, program] of Object.entries(catalogImages)) {
    await pushImage(await programImage(await catalogProgram(program)), name, access);
  }
  for (const [name, script] of Object.entries(shellFunctions)) {
    await pushImage(await shellImage(script), name, access);
  }
}

/** An image that holds one static program and runs it as nobody. */
export async function programImage(program: string): Promise<Image> {
  const file = { kind: 'copy', path: 'usr/local/bin/function', source: program, mode: 0o755 } as const;
  return buildImage({ files: [file], entrypoint: ['/usr/local/bin/function'], user: '65532:65532' });
}

export async function pushImage(image: Image | ImageIndex, name: string, access: RegistryAccess): Promise<void> {
  const folder = await tempFolder('stage-image');
  try {
    await writeImageFolder(folder.path, image);
    await skopeoPush(folder.path, name, access);
  } finally {
    await folder.remove();
  }
}
