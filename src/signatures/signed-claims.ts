import { type ErrorCode, type RunnerError, toRunnerError } from '../core/errors.ts';
import { decodeBase64 } from '../credentials/base64.ts';
import type { Digest } from '../image/digest.ts';
import type { Descriptor } from '../registry/content/descriptor.ts';
import { unreadable } from './parse-object.ts';
import { parseReferrers, parseSignatureManifest, type SignatureLayer } from './signature-manifest.ts';
import { parseBundle, signedDigests } from './sigstore-bundle.ts';
import { simpleSigningDigest } from './simple-signing.ts';

/** What is asked of a host; see `registry/attached-content.ts`. */
export interface SignatureHost {
  manifest(target: string | Descriptor, signal: AbortSignal): Promise<Buffer | undefined>;
  referrers(digest: Digest, signal: AbortSignal): Promise<readonly Buffer[]>;
  blob(descriptor: Descriptor, signal: AbortSignal): Promise<Buffer>;
}

/** Something that was signed, by whomever. */
export interface SignedClaim {
  readonly kind: 'claim';
  /** Byte for byte what the signatures are of. */
  readonly message: Uint8Array;
  readonly signatures: readonly Uint8Array[];
  /** The digests that it is about. To be asked once a signature was found good. @throws RunnerError `SIGNATURE_INVALID` */
  readonly digests: () => readonly string[];
}

/** Something that stands where signatures stand and cannot be used. */
export interface Unusable {
  readonly kind: 'unusable';
  readonly reason: string;
}

const maxPayloadBytes = 1024 * 1024;
const maxClaims = 100;
const maxTagChars = 128;
/** What a host sent is wrong by itself: there may still be a good signature beside it. */
const wrongContent: ReadonlySet<ErrorCode> = new Set([
  'SIGNATURE_INVALID',
  'MAN_TYPE',
  'MAN_SIZE',
  'MAN_DIGEST',
  'BLOB_UNKNOWN',
]);

/**
 * Everything at a host that claims to be a signature of an image, the last ones first, since they are the newest: by the tag
 * scheme of cosign, then by OCI referrers. At most 100 of each, and each is asked for only when it is its turn.
 * https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#tag-based-discovery
 *
 * Throws what the host fails with.
 */
export async function* signedClaims(
  host: SignatureHost,
  digest: Digest,
  signal: AbortSignal,
): AsyncGenerator<SignedClaim | Unusable, void> {
  yield* ofTag(host, digest, signal);
  yield* ofReferrers(host, digest, signal);
}

type Claims = AsyncGenerator<SignedClaim | Unusable, void>;

async function* ofTag(host: SignatureHost, digest: Digest, signal: AbortSignal): Claims {
  const tag = `${digest.algorithm}-${digest.hex}.sig`;
  // Cosign signs sha256 digests only, and no tag could hold a longer one.
  const manifest = tag.length > maxTagChars ? undefined : await usable(async () => host.manifest(tag, signal));
  if (manifest !== undefined) yield* ofManifest(host, manifest, signal);
}

async function* ofReferrers(host: SignatureHost, digest: Digest, signal: AbortSignal): Claims {
  const entries = await usable(async () =>
    (await host.referrers(digest, signal)).flatMap((page) => parseReferrers(page)),
  );
  if ('kind' in entries) {
    yield entries;
    return;
  }
  let left = maxClaims;
  for (const entry of entries.slice(-maxClaims).toReversed()) {
    const manifest = await usable(async () => host.manifest(entry, signal));
    if (manifest === undefined) continue;
    for await (const claim of ofManifest(host, manifest, signal)) {
      yield claim;
      left -= 1;
      if (left === 0) return;
    }
  }
}

async function* ofManifest(host: SignatureHost, manifest: Buffer | Unusable, signal: AbortSignal): Claims {
  const layers =
    'kind' in manifest ? manifest : await usable(async () => Promise.resolve(parseSignatureManifest(manifest)));
  if ('kind' in layers) {
    yield layers;
    return;
  }
  for (const layer of layers.slice(-maxClaims).toReversed()) yield usable(async () => claimOf(host, layer, signal));
}

async function claimOf(host: SignatureHost, layer: SignatureLayer, signal: AbortSignal): Promise<SignedClaim> {
  const { descriptor } = layer;
  if (descriptor.size > maxPayloadBytes) throw unreadable(`a payload has ${String(descriptor.size)} bytes`);
  const bytes = await host.blob(descriptor, signal);
  if (layer.kind === 'bundle') {
    const { payload, message, signatures } = parseBundle(bytes);
    return { kind: 'claim', message, signatures, digests: () => signedDigests(payload) };
  }
  const signature = decodeBase64(layer.signature);
  if (signature === undefined) throw unreadable('a signature is not base64');
  return { kind: 'claim', message: bytes, signatures: [signature], digests: () => [simpleSigningDigest(bytes)] };
}

async function usable<T>(work: () => Promise<T>): Promise<T | Unusable> {
  try {
    return await work();
  } catch (thrown) {
    const error: RunnerError = toRunnerError(thrown);
    if (!wrongContent.has(error.code)) throw error;
    return { kind: 'unusable', reason: error.message };
  }
}
