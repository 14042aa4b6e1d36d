import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { digestOf, parseDigest } from '../../image/digest.ts';
import type { Digest } from '../../image/digest.ts';
import { allHeaders } from '../transport/http-header.ts';
import type { ResponseHeaders } from '../transport/http-header.ts';
import { wrongClaim, wrongDigest } from './verify.ts';

/**
 * The digest of a manifest's bytes: the one asked for, or by tag their sha256. Whatever the registry says of it in
 * Docker-Content-Digest has to be true as well (V1 to V6). Throws `MAN_DIGEST`.
 */
export function verifiedDigest(
  bytes: Uint8Array,
  pinned: Digest | undefined,
  headers: ResponseHeaders,
  log: Log,
): Digest {
  const digest = digestOf(bytes, pinned?.algorithm);
  if (pinned !== undefined && digest.text !== pinned.text) throw wrongDigest(pinned.text, digest.text);
  for (const claimed of claimedDigests(headers, log)) {
    const actual = digestOf(bytes, claimed.algorithm).text;
    if (actual !== claimed.text) throw wrongClaim(claimed.text, actual);
  }
  return digest;
}

/** A malformed claim counts as none, since the bytes are hashed anyway. */
function claimedDigests(headers: ResponseHeaders, log: Log): readonly Digest[] {
  const texts = allHeaders(headers, 'docker-content-digest').flatMap((header) => header.split(','));
  return texts.flatMap((text) => {
    try {
      return [parseDigest(text.trim())];
    } catch (thrown) {
      // Not the header itself: it may hold anything, also what the registry was sent.
      log.warn('the registry sent a malformed Docker-Content-Digest', { reason: toRunnerError(thrown).code });
      return [];
    }
  });
}
