import { writeImageFolder } from '../../support/image-folder.ts';
import { type RegistryAccess, skopeoPush } from '../../support/skopeo.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { build } from '../../wrapper/go-build.ts';
import { programImage } from './stage-images.ts';

/** Puts a function that returns its input there under each of these names, so that each has pods of its own. */
export async function pushCopies(names: readonly string[], access: RegistryAccess): Promise<void> {
  const folder = await tempFolder('copies');
  try {
    await writeImageFolder(folder.path, await programImage((await build()).echo));
    for (const name of names) await skopeoPush(folder.path, name, access);
  } finally {
    await folder.remove();
  }
}
