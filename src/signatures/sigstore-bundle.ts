import { isJsonObject } from '../core/json.ts';
import { decodeBase64 } from '../credentials/base64.ts';
import { parseObject, unreadable } from './parse-object.ts';

/** A signed envelope: what was signed, byte for byte, and the signatures of it. */
export interface Envelope {
  /** The statement. */
  readonly payload: Buffer;
  /** What the signatures are of. */
  readonly message: Buffer;
  /** At least one. */
  readonly signatures: readonly Buffer[];
}

const statementType = 'application/vnd.in-toto+json';
/** What `cosign sign` says of an image; anything else is somebody's word about it, and no leave to run it. */
export const signPredicate = 'https://sigstore.dev/cosign/sign/v1';
const maxSignatures = 10;

/**
 * The DSSE envelope of a sigstore bundle.
 * https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto,
 * https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 *
 * @throws RunnerError `SIGNATURE_INVALID`
 */
export function parseBundle(bytes: Uint8Array): Envelope {
  const envelope = parseObject(bytes, 'the bundle')['dsseEnvelope'];
  if (!isJsonObject(envelope)) throw unreadable('the bundle has no DSSE envelope');
  const { payload, payloadType, signatures } = envelope;
  if (payloadType !== statementType) throw unreadable('the envelope holds no in-toto statement');
  if (!Array.isArray(signatures) || signatures.length === 0 || signatures.length > maxSignatures) {
    throw unreadable(`the envelope has no signature, or more than ${String(maxSignatures)}`);
  }
  const statement = base64Of(payload, 'payload');
  return {
    payload: statement,
    message: preAuthenticationEncoding(statementType, statement),
    signatures: signatures.map((entry: unknown) => base64Of(isJsonObject(entry) ? entry['sig'] : undefined, 'sig')),
  };
}

/**
 * The digests, `sha256:…`, that a statement by `cosign sign` is about.
 * https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 *
 * @throws RunnerError `SIGNATURE_INVALID` for a statement that is about something else than having signed an image
 */
export function signedDigests(payload: Uint8Array): readonly string[] {
  const { predicateType, subject } = parseObject(payload, 'the statement');
  if (predicateType !== signPredicate) throw unreadable('the statement is another one than that the image is signed');
  if (!Array.isArray(subject)) throw unreadable('the statement has no subject');
  return subject.flatMap((entry: unknown) => {
    const digests = isJsonObject(entry) ? entry['digest'] : undefined;
    if (!isJsonObject(digests)) return [];
    return Object.entries(digests).map(([algorithm, hex]) => `${algorithm}:${String(hex)}`);
  });
}

/** DSSE protocol, "PAE". */
function preAuthenticationEncoding(type: string, body: Buffer): Buffer {
  const typeBytes = String(Buffer.byteLength(type));
  return Buffer.concat([Buffer.from(`DSSEv1 ${typeBytes} ${type} ${String(body.length)} `), body]);
}

function base64Of(value: unknown, name: string): Buffer {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  if (bytes === undefined) throw unreadable(`the envelope's ${name} is not base64`);
  return bytes;
}
