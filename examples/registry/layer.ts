import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { digestOfBytes } from './digest.ts';

/** One entry of a layer. `mode` defaults to 0644 for files and 0755 for directories; owners are 0:0, times the epoch. */
export type LayerEntry = { readonly path: string; readonly mode?: number } & (
  | { readonly kind: 'file'; readonly content: string | Uint8Array }
  /** A file of this machine, copied. */
  | { readonly kind: 'copy'; readonly source: string }
  | { readonly kind: 'directory' }
  | { readonly kind: 'symlink' | 'hardlink'; readonly target: string }
);

export type Compression = 'gzip' | 'zstd' | 'none';

/** A layer's blob. `diffId` is the digest of the tar inside, which the image's config lists. */
export interface Layer {
  readonly compression: Compression;
  readonly bytes: Buffer;
  readonly digest: string;
  readonly diffId: string;
}

/** Packs entries as a layer, in their order. Owners and times are fixed, so the same entries give the same digest. */
export async function buildLayer(entries: readonly LayerEntry[], compression: Compression = 'gzip'): Promise<Layer> {
  const archive = pack();
  const [tar] = await Promise.all([whole(archive), addAll(archive, entries)]);
  const bytes = await compress(tar, compression);
  return { compression, bytes, digest: digestOfBytes(bytes), diffId: digestOfBytes(tar) };
}

/** `buffer` of `node:stream/consumers` would hold it three times. */
async function whole(archive: Pack): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function addAll(archive: Pack, entries: readonly LayerEntry[]): Promise<void> {
  for (const entry of entries) await add(archive, entry);
  archive.finalize();
}

async function add(archive: Pack, entry: LayerEntry): Promise<void> {
  const { path: name, mode = entry.kind === 'directory' ? 0o755 : 0o644 } = entry;
  const header = { name, mode, uid: 0, gid: 0, mtime: new Date(0) };
  switch (entry.kind) {
    case 'file':
      archive.entry(header, Buffer.from(entry.content));
      return;
    case 'copy': {
      const { size } = await stat(entry.source);
      await pipeline(createReadStream(entry.source), archive.entry({ ...header, size }));
      return;
    }
    case 'directory':
      archive.entry({ ...header, type: 'directory' });
      return;
    case 'symlink':
      archive.entry({ ...header, type: 'symlink', linkname: entry.target });
      return;
    case 'hardlink':
      archive.entry({ ...header, type: 'link', linkname: entry.target });
  }
}

async function compress(tar: Buffer, compression: Compression): Promise<Buffer> {
  switch (compression) {
    case 'gzip':
      return promisify(gzip)(tar, { level: 1 });
    case 'zstd':
      return promisify(zstdCompress)(tar);
    case 'none':
      return tar;
  }
}
