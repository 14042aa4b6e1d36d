import { RunnerError } from '../core/errors.ts';
import { dockerHub, credentialHost } from '../image/docker-hub.ts';
import type { Reference } from '../image/reference.ts';
import type { Candidate, Login } from './candidate.ts';
import { fingerprintOf } from './fingerprint.ts';
import { keyTarget, matchKey, parseKey } from './key.ts';

/**
 * A login that came with one call. For that call the image's registry is shown nothing else, and what it opened is nobody
 * else's: it takes part in the keys of caches and pods.
 */
export interface CallerLogin {
  readonly login: Exclude<Login, { readonly kind: 'anonymous' }>;
  /** The registry it is for, as the caller wrote it; undefined: that of the image. */
  readonly server: string | undefined;
}

/** What the login is called where keys of credentials are shown. */
export const callerKey = 'x-registry-auth';

/**
 * @param addresses all that the image's registry is called by
 * @throws {RunnerError} `REQUEST_INVALID` when the login is for another registry than the image's
 */
export function callerCandidate(
  { login, server }: CallerLogin,
  image: Pick<Reference, 'domain' | 'path'>,
  addresses: readonly string[] = [image.domain],
): Candidate {
  if (server !== undefined) checkServer(server, image, addresses);
  return { kind: 'login', key: callerKey, login, fingerprint: fingerprintOf(login) };
}

function checkServer(
  server: string,
  { domain, path }: Pick<Reference, 'domain' | 'path'>,
  addresses: readonly string[],
): void {
  const key = parseKey(server);
  if (key !== undefined && addresses.some((address) => matchKey(key, keyTarget(address, path)) === 'yes')) return;
  const registry = credentialHost(domain) === dockerHub ? 'Docker Hub' : domain;
  throw new RunnerError(
    'REQUEST_INVALID',
    `the credentials of the call are for another registry than ${registry}, where the image is`,
    { registry, hint: 'Send x-registry-auth for the registry of the image, or without serveraddress.' },
  );
}
