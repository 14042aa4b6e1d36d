import { checkedDigest } from './digest.ts';
import { Fault } from './fault.ts';

/** The media types this registry takes: image-spec 1.1 and Docker's schema 2. */
const imageTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** What a pushed manifest names, by digest. */
export interface PushedManifest {
  readonly mediaType: string;
  readonly blobs: readonly string[];
  readonly manifests: readonly string[];
}

/** Parses the body of a manifest push; throws a `MANIFEST_INVALID` fault. */
export function parsePushedManifest(bytes: Buffer, contentType: string | undefined): PushedManifest {
  const manifest = jsonObject(bytes);
  const mediaType = contentType ?? String(manifest['mediaType']);
  if (typeof manifest['mediaType'] === 'string' && manifest['mediaType'] !== mediaType) {
    throw invalid(`mediaType in manifest should be '${mediaType}' not '${manifest['mediaType']}'`);
  }
  if (imageTypes.includes(mediaType)) {
    const blobs = [manifest['config'], ...list(manifest['layers'])].map(digestIn);
    return { mediaType, blobs, manifests: [] };
  }
  if (indexTypes.includes(mediaType)) {
    return { mediaType, blobs: [], manifests: list(manifest['manifests']).map(digestIn) };
  }
  throw invalid(`unrecognized manifest content type ${mediaType}`);
}

function jsonObject(bytes: Buffer): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid('the body is not JSON');
  }
  if (!isRecord(parsed)) throw invalid('the body is not a JSON object');
  return parsed;
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid('layers or manifests is not a list');
}

function digestIn(descriptor: unknown): string {
  if (!isRecord(descriptor) || typeof descriptor['digest'] !== 'string') throw invalid('a descriptor has no digest');
  return checkedDigest(descriptor['digest']);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(detail: string): Fault {
  return new Fault(400, 'MANIFEST_INVALID', 'manifest invalid', detail);
}
