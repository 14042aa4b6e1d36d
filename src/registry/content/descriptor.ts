import { RunnerError, toRunnerError } from '../../core/errors.ts';
import { parseDigest } from '../../image/digest.ts';
import type { Digest } from '../../image/digest.ts';
import { isJsonObject } from '../../core/json.ts';
import { safeText } from '../../core/safe-text.ts';

/** Points at content: what it is, its hash and its exact length. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/**
 * Reads a descriptor of a manifest; its digest becomes part of URLs and file names, so it is parsed before anything is
 * asked (CVE-2024-3727). `urls` and `data` in it are not used. Throws `MAN_TYPE`.
 * https://github.com/opencontainers/image-spec/blob/main/descriptor.md
 */
export function parseDescriptor(value: unknown, name: string): Descriptor {
  if (!isJsonObject(value)) throw malformed(name, 'is missing');
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== 'string' || mediaType === '') throw malformed(name, 'has no mediaType');
  if (typeof digest !== 'string') throw malformed(name, 'has no digest');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw malformed(name, 'has no valid size');
  return { mediaType, digest: digestOfDescriptor(name, digest), size };
}

function digestOfDescriptor(name: string, text: string): Digest {
  try {
    return parseDigest(text);
  } catch (thrown) {
    throw malformed(name, `has an invalid digest: ${safeText(toRunnerError(thrown).message, 200)}`);
  }
}

function malformed(name: string, reason: string): RunnerError {
  return new RunnerError('MAN_TYPE', `the manifest's ${name} ${reason}`, { hint: 'Push the image again.' });
}
