import { createHash } from 'node:crypto';

import { RunnerError } from '../core/errors.ts';
import { hasUpperCase } from './grammar.ts';
import { quoteInput } from './quote.ts';

const hexLengths = { sha256: 64, sha512: 128 } as const;

/** A content digest that is safe to put into a URL or a file name. https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests */
export interface Digest {
  readonly algorithm: keyof typeof hexLengths;
  /** Lower-case. */
  readonly hex: string;
  /** `sha256:…` */
  readonly text: string;
}

/** @throws RunnerError `REF_FORMAT`, `REF_UPPERCASE`, `REF_DIGEST_ALGO`, `REF_DIGEST_LENGTH` or `REF_DIGEST_FORMAT` */
export function parseDigest(text: string): Digest {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, Math.max(colon, 0));
  const hex = text.slice(colon + 1);
  checkAlgorithm(algorithm, text);
  if (!/^[0-9A-Fa-f]{32,}$/.test(hex)) throw fault('REF_FORMAT', text, 'is not a digest');
  if (hex.length !== hexLengths[algorithm]) {
    throw fault('REF_DIGEST_LENGTH', text, `needs exactly ${String(hexLengths[algorithm])} hex digits after the colon`);
  }
  if (hasUpperCase(hex)) throw fault('REF_DIGEST_FORMAT', text, 'must use lower-case hex digits');
  return { algorithm, hex, text };
}

/** The digest that `bytes` have. */
export function digestOf(bytes: Uint8Array, algorithm: Digest['algorithm'] = 'sha256'): Digest {
  const hex = createHash(algorithm).update(bytes).digest('hex');
  return { algorithm, hex, text: `${algorithm}:${hex}` };
}

function checkAlgorithm(algorithm: string, text: string): asserts algorithm is Digest['algorithm'] {
  if (algorithm === 'sha256' || algorithm === 'sha512') return;
  if (!/^[A-Za-z][A-Za-z0-9+._-]*$/.test(algorithm)) throw fault('REF_FORMAT', text, 'is not a digest');
  if (hasUpperCase(algorithm)) throw fault('REF_UPPERCASE', text, 'must name its algorithm in lower case');
  throw fault('REF_DIGEST_ALGO', text, 'uses an unsupported algorithm (supported: sha256, sha512)');
}

function fault(
  code: 'REF_FORMAT' | 'REF_UPPERCASE' | 'REF_DIGEST_ALGO' | 'REF_DIGEST_LENGTH' | 'REF_DIGEST_FORMAT',
  text: string,
  problem: string,
): RunnerError {
  return new RunnerError(code, `${quoteInput(text)} ${problem}`, {
    hint: 'Write sha256: and 64 lower-case hex digits, or sha512: and 128 of them.',
  });
}
