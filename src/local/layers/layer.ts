import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import type { Digest } from '../../image/digest.ts';
import { ByteReader } from './byte-reader.ts';
import type { LayerBudget } from './layer-budget.ts';
import { invalidLayer } from './layer-error.ts';
import { decodeZstd } from './zstd-frames.ts';

const chunkSize = 256 * 1024;

/**
 * The tar stream inside a layer. How it is packed is told by its first bytes, not by its media type, as builders have
 * always got that wrong: gzip, zstd, or plain tar.
 * https://github.com/opencontainers/image-spec/blob/main/layer.md
 *
 * Ends with `LAYER_INVALID` when the bytes are not those of `diffId`, and with `LAYER_LIMIT` as soon as `budget` is spent.
 */
export async function* decodeLayer(
  blob: AsyncIterable<Buffer>,
  diffId: Digest,
  budget: LayerBudget,
): AsyncGenerator<Buffer, void> {
  const hash = createHash(diffId.algorithm);
  for await (const chunk of unpacked(new ByteReader(counted(blob, budget)))) {
    budget.addUnpacked(chunk.length);
    hash.update(chunk);
    yield chunk;
  }
  const hex = hash.digest('hex');
  if (hex !== diffId.hex) {
    throw invalidLayer(`it unpacks to ${diffId.algorithm}:${hex}, but the image's config says ${diffId.text}`);
  }
}

async function* counted(blob: AsyncIterable<Buffer>, budget: LayerBudget): AsyncGenerator<Buffer, void> {
  for await (const chunk of blob) {
    budget.addPacked(chunk.length);
    yield chunk;
  }
}

async function* unpacked(reader: ByteReader): AsyncGenerator<Buffer, void> {
  const magic = (await reader.peek(4)).toString('hex');
  if (magic.startsWith('1f8b')) yield* gunzip(reader);
  else if (magic === '28b52ffd' || /^5[0-9a-f]2a4d18$/.test(magic)) yield* decodeZstd(reader);
  else yield* reader.rest();
}

function gunzip(reader: ByteReader): AsyncIterable<Buffer> {
  const decoder = createGunzip({ chunkSize });
  // An error of the source destroys the decoder with it, and so reaches the one who reads.
  pipeline(Readable.from(reader.rest()), decoder, () => undefined);
  return decoder;
}
