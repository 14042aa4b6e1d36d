import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

import { RunnerError } from '../core/errors.ts';
import { pemBlocks } from '../registry/trust/pem.ts';

/** A key that images may be signed with. */
export interface VerificationKey {
  /** Where it was read from. */
  readonly file: string;
  /** The same for the same key, in whatever file: sha256 of its DER form. */
  readonly fingerprint: string;
  /** Whether `signature`, as cosign makes it, is of `message` and by this key. */
  verifies(message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

const maxKeys = 16;
const minRsaBits = 2048;
/**
 * What cosign hashes with, by curve: the first since it has chosen by key, the second before that.
 * https://github.com/sigstore/sigstore/blob/main/pkg/signature/algorithm_registry.go
 */
const hashesOfCurve: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ['sha256'],
  secp384r1: ['sha384', 'sha256'],
  secp521r1: ['sha512', 'sha256'],
};

/**
 * Reads the public keys of a PEM file (`PUBLIC KEY` of RFC 7468 section 13, as `cosign.pub` has it), one or, while a key is
 * being replaced, several.
 *
 * @throws RunnerError `CFG_OPTION` naming the file: no key in it, something else, or a kind that cosign does not sign with
 */
export function parsePublicKeys(bytes: Uint8Array, file: string): readonly VerificationKey[] {
  const blocks = pemBlocks(Buffer.from(bytes).toString('latin1'));
  if (blocks.length === 0) throw keyError(file, 'it holds no PEM public key');
  if (blocks.length > maxKeys) throw keyError(file, `it holds more than ${String(maxKeys)} keys`);
  return blocks.map(({ label, text, complete }) => {
    if (label.endsWith('PRIVATE KEY')) {
      throw keyError(file, 'it holds a private key, which signs and is not needed here; name the public one');
    }
    if (label !== 'PUBLIC KEY') throw keyError(file, `it holds a ${label} where a PUBLIC KEY is needed`);
    if (!complete) throw keyError(file, 'a PUBLIC KEY in it has no END line');
    return verificationKey(publicKey(text, file), file);
  });
}

function publicKey(pem: string, file: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw keyError(file, 'a PUBLIC KEY in it cannot be read', cause);
  }
}

function verificationKey(key: KeyObject, file: string): VerificationKey {
  const hashes = hashesFor(key, file);
  return {
    file,
    fingerprint: createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
    verifies: async (message, signature) => {
      for (const hash of hashes) if (await verifiesWith(hash, { key, message, signature })) return true;
      return false;
    },
  };
}

/** Null for a signature of the message itself. */
function hashesFor(
  { asymmetricKeyType: kind, asymmetricKeyDetails }: KeyObject,
  file: string,
): readonly (string | null)[] {
  const { namedCurve = '', modulusLength = 0 } = asymmetricKeyDetails ?? {};
  if (kind === 'ed25519') return [null];
  if (kind === 'rsa' && modulusLength >= minRsaBits) return ['sha256'];
  if (kind === 'rsa') throw keyError(file, `its RSA key of ${String(modulusLength)} bits is too short`);
  const hashes = kind === 'ec' ? hashesOfCurve[namedCurve] : undefined;
  if (hashes === undefined)
    throw keyError(file, `its key is ${[kind, namedCurve].join(' ').trim()}, which cosign does not sign with`);
  return hashes;
}

/** In a thread of Node's: a hundred signatures must not keep other calls waiting. */
async function verifiesWith(
  hash: string | null,
  {
    key,
    message,
    signature,
  }: { readonly key: KeyObject; readonly message: Uint8Array; readonly signature: Uint8Array },
): Promise<boolean> {
  return new Promise((resolve) => {
    verify(hash, message, key, signature, (error, isValid) => {
      resolve(error === null && isValid);
    });
  });
}

function keyError(file: string, reason: string, cause?: unknown): RunnerError {
  return new RunnerError('CFG_OPTION', `--verify-images: ${file}: ${reason}`, {
    file,
    hint: 'Name the PEM file of a public key: ECDSA on P-256, P-384 or P-521, Ed25519, or RSA of 2048 bits or more, as cosign.pub is.',
    ...(cause === undefined ? {} : { cause }),
  });
}
