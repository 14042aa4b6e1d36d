import { pipeline } from 'node:stream';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { RunnerError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';

const maxEncodings = 3;
const hint = 'Have the registry, or the proxy before it, send its answers without Content-Encoding.';

/**
 * The body with its Content-Encoding undone, the last one first. We ask for none (`identity`), but a server may send one
 * all the same, and digests are over the plain bytes (registry-behaviour 4.1, M10). It unfolds as it is
 * read, so the reader's limit is on the plain bytes. Throws `REGISTRY_ERROR` for an unknown encoding.
 */
export function decoded(body: Readable, contentEncoding: readonly string[]): Readable {
  const encodings = contentEncoding
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (encodings.length === 0) return body;
  if (encodings.length > maxEncodings)
    throw new RunnerError('REGISTRY_ERROR', 'the answer is encoded too many times', { hint });
  return encodings.toReversed().map(decoder).reduce<Readable>(joined, body);
}

function joined(source: Readable, next: Transform): Transform {
  // An error reaches the reader by the streams themselves: each stage destroys the ones beside it.
  return pipeline(source, next, () => undefined);
}

function decoder(name: string): Transform {
  switch (name) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress();
    default:
      throw new RunnerError('REGISTRY_ERROR', `the answer has an unknown Content-Encoding: ${safeText(name, 60)}`, {
        hint,
      });
  }
}
