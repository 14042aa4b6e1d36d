import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blob, Image, ImageIndex } from '../../examples/registry/image.ts';

/**
 * Writes an image, or an index with its images, in the layout of skopeo's `dir:` transport, the one of its layouts that
 * holds OCI and Docker media types alike (containers-transports(5)).
 */
export async function writeImageFolder(folder: string, image: Image | ImageIndex): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'version'), 'Directory Transport Version: 1.1\n');
  await writeFile(join(folder, 'manifest.json'), image.manifest.bytes);
  for (const part of 'images' in image ? image.images : [image]) {
    await writeFile(join(folder, `${hexOf(part.manifest)}.manifest.json`), part.manifest.bytes);
    for (const blob of part.blobs) await writeFile(join(folder, hexOf(blob)), blob.bytes);
  }
}

function hexOf(blob: Blob): string {
  return blob.digest.replace('sha256:', '');
}
