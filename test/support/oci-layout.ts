import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blob, Image, ImageIndex } from '../../examples/registry/image.ts';

/** Writes an image, or an index with its images, as an OCI image layout with one tag, for programs that read those. */
export async function writeOciLayout(folder: string, tag: string, image: Image | ImageIndex): Promise<void> {
  const blobFolder = join(folder, 'blobs', 'sha256');
  await mkdir(blobFolder, { recursive: true });
  for (const blob of allBlobs(image)) await writeFile(join(blobFolder, blob.digest.replace('sha256:', '')), blob.bytes);
  const { mediaType, digest, bytes } = image.manifest;
  const entry = { mediaType, digest, size: bytes.length, annotations: { 'org.opencontainers.image.ref.name': tag } };
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
}

function allBlobs(image: Image | ImageIndex): readonly Blob[] {
  if ('images' in image) return [image.manifest, ...image.images.flatMap(allBlobs)];
  return [image.manifest, ...image.blobs];
}
