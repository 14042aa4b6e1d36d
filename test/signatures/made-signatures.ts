import { generateKeyPairSync, sign } from 'node:crypto';
import type { Blob } from '../../examples/registry/image.ts';
import { digestOf } from '../../src/image/digest.ts';

/** Something that is signed, as it stands in a registry. */
export interface SignedBlob {
  readonly blob: Blob;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Signs as cosign does, and otherwise where a test wants that. */
export interface Signer {
  readonly publicPem: string;
  /** A payload of simple signing for an image; `payload` in place of cosign's own, signed too. */
  simple(digest: string, payload?: string): SignedBlob;
  /** A sigstore bundle for an image; `changes` go into its statement before it is signed. */
  bundle(digest: string, changes?: Readonly<Record<string, unknown>>): SignedBlob;
}

const simpleType = 'application/vnd.dev.cosign.simplesigning.v1+json';
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
export const cosignArtifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const statementType = 'application/vnd.in-toto+json';

export function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signature = (message: string): string => sign('sha256', Buffer.from(message), privateKey).toString('base64');
  return {
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    simple: (digest, payload = payloadFor(digest)) => ({
      blob: blobOf(simpleType, payload),
      annotations: { 'dev.cosignproject.cosign/signature': signature(payload) },
    }),
    bundle: (digest, changes = {}) => {
      const statement = JSON.stringify({ ...statementFor(digest), ...changes });
      const message = `DSSEv1 ${String(statementType.length)} ${statementType} ${String(statement.length)} ${statement}`;
      const dsseEnvelope = {
        payload: Buffer.from(statement).toString('base64'),
        payloadType: statementType,
        signatures: [{ sig: signature(message) }],
      };
      return { blob: blobOf(bundleType, JSON.stringify({ mediaType: bundleType, dsseEnvelope })), annotations: {} };
    },
  };
}

export function payloadFor(digest: string): string {
  return JSON.stringify({
    critical: {
      identity: { 'docker-reference': 'elsewhere.example/another/name' },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    },
    optional: null,
  });
}

export function statementFor(digest: string): Readonly<Record<string, unknown>> {
  const [algorithm = '', hex = ''] = digest.split(':');
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { [algorithm]: hex } }],
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
  };
}

/** The manifest that lists signed blobs as its layers. */
export function manifestOf(signed: readonly SignedBlob[], more: Readonly<Record<string, unknown>> = {}): Blob {
  const layers = signed.map(({ blob, annotations }) => ({ ...descriptorOf(blob), annotations }));
  return blobOf(manifestType, JSON.stringify({ schemaVersion: 2, mediaType: manifestType, layers, ...more }));
}

/** An index of referrers; `undefined` for an entry that does not say its type. */
export function referrersOf(entries: readonly (readonly [Blob, string | undefined])[]): Blob {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const manifests = entries.map(([manifest, artifactType]) => ({ ...descriptorOf(manifest), artifactType }));
  return blobOf(mediaType, JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
}

function descriptorOf({ mediaType, digest, bytes }: Blob): Readonly<Record<string, unknown>> {
  return { mediaType, digest, size: bytes.length };
}

export function blobOf(mediaType: string, text: string): Blob {
  const bytes = Buffer.from(text);
  return { mediaType, bytes, digest: digestOf(bytes).text };
}
