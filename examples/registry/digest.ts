import { createHash } from 'node:crypto';
import { Fault } from './fault.ts';

const digestPattern = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** The digest as it came, or a `DIGEST_INVALID` fault: sha256 and sha512 only, as image-spec 1.1 registers them. */
export function checkedDigest(text: string | null | undefined): string {
  if (text === null || text === undefined || !digestPattern.test(text)) {
    throw new Fault(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', 'invalid digest');
  }
  return text;
}

/** `sha256:…` of these bytes, or with the algorithm of `like`. */
export function digestOfBytes(bytes: Uint8Array, like = 'sha256:'): string {
  const algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256';
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
