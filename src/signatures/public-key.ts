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
  const ways = waysToVerify(key, file);
  const fingerprint = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return {
    file,
    fingerprint,
    verifies: async (message, signature) => {
      for (const verifies of ways) if (await verifies(message, signature)) return true;
      return false;
    },
  };
}

type Verify = VerificationKey['verifies'];

function waysToVerify(key: KeyObject, file: string): readonly Verify[] {
  const { asymmetricKeyType: kind, asymmetricKeyDetails } = key;
  const { namedCurve = '', modulusLength = 0 } = asymmetricKeyDetails ?? {};
  if (kind === 'ed25519') return [hashing(key, null), prehashed(key)];
  if (kind === 'rsa' && modulusLength >= minRsaBits) return [hashing(key, 'sha256')];
  if (kind === 'rsa') throw keyError(file, `its RSA key of ${String(modulusLength)} bits is too short`);
  const hashes = kind === 'ec' ? hashesOfCurve[namedCurve] : undefined;
  if (hashes !== undefined) return hashes.map((hash) => hashing(key, hash));
  throw keyError(file, `its key is ${[kind, namedCurve].join(' ').trim()}, which cosign does not sign with`);
}

/** In a thread of Node's: a hundred signatures must not keep other calls waiting. @param hash null where the algorithm has its own */
function hashing(key: KeyObject, hash: string | null): Verify {
  return async (message, signature) =>
    new Promise((resolve) => {
      verify(hash, message, key, signature, (error, isValid) => {
        resolve(error === null && isValid);
      });
    });
}

/** Ed25519ph of RFC 8032 section 5.1, by which cosign 2.6 signs, and which Node's own crypto does not have. */
function prehashed(key: KeyObject): Verify {
  return async (message, signature) => {
    const { ed25519ph } = await import('@noble/curves/ed25519.js');
    const { x = '' } = key.export({ format: 'jwk' });
    try {
      return ed25519ph.verify(signature, message, Buffer.from(x, 'base64url'));
    } catch {
      // It throws for what has not the length of a signature.
      return false;
    }
  };
}

function keyError(file: string, reason: string, cause?: unknown): RunnerError {
  return new RunnerError('CFG_OPTION', `--verify-images: ${file}: ${reason}`, {
    file,
    hint: 'Name the PEM file of a public key: ECDSA on P-256, P-384 or P-521, Ed25519, or RSA of 2048 bits or more, as cosign.pub is.',
    ...(cause === undefined ? {} : { cause }),
  });
}
