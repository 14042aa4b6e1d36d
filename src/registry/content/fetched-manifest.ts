import { RunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Digest } from '../../image/digest.ts';
import { verifiedDigest } from './content-digest.ts';
import type { Descriptor } from './descriptor.ts';
import { isHtml } from '../error-body.ts';
import { firstHeader } from '../transport/http-header.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { notARegistry } from '../registry-error.ts';
import type { TransportResponse } from '../transport/transport-request.ts';
import { wrongSize } from './verify.ts';

/** A manifest whose bytes hash to `digest`. */
export interface FetchedManifest {
  /** The digest asked for, or the sha256 of the bytes when asked for by tag. */
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
  /** Whoever answered, and whoever redirected there, proved who they are: false over plaintext and `insecure-tls`. */
  readonly authenticated: boolean;
}

/** What the manifest was asked for by: a digest, a descriptor of an index, or neither, which is a tag. */
export interface ManifestPin {
  readonly digest: Digest | undefined;
  readonly descriptor: Descriptor | undefined;
}

/** Holds a manifest's bytes against what was asked for, then reads them. `MAN_SIZE`, `MAN_DIGEST`, `MAN_TYPE`, `NOT_A_REGISTRY`. */
export function acceptManifest(
  bytes: Buffer,
  pin: ManifestPin,
  response: TransportResponse,
  log: Log,
): FetchedManifest {
  const { route, headers } = response;
  const contentType = firstHeader(headers, 'content-type');
  if (isHtml(bytes.toString('latin1', 0, 200), contentType)) throw notARegistry(route.authority, response.status);
  const { descriptor } = pin;
  if (descriptor !== undefined && bytes.length !== descriptor.size) throw wrongSize(descriptor, bytes.length);
  const digest = verifiedDigest(bytes, pin.digest, headers, log);
  const manifest = parseManifest(bytes, contentType);
  if (descriptor !== undefined && descriptor.mediaType !== manifest.mediaType) {
    const message = `the index says that ${digest.text} is ${descriptor.mediaType}, and it is ${manifest.mediaType}`;
    throw new RunnerError('MAN_TYPE', message, { hint: 'Push the image again.' });
  }
  return { digest, bytes, manifest, authenticated: response.authenticated };
}
