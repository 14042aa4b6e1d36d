import { isVerified } from '../../core/attempt.ts';
import { RunnerError } from '../../core/errors.ts';
import { urlEndpoint, withTls } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { redirectTarget } from './follow.ts';
import { realmAddressRefusal, realmError } from '../auth/realm.ts';
import { forTokenService } from '../trust/host-tls.ts';
import type { Route, TransportTarget } from './transport-request.ts';

/** One host of a request: the one it is for, or one that it was redirected to. */
export interface Hop {
  readonly kind: 'registry' | 'token' | 'redirect';
  readonly endpoint: Endpoint;
  /** With query. */
  readonly path: string;
  /** No redirect has led to another origin yet: credentials may be asked for. */
  readonly own: boolean;
  /** Who sent us to this host; undefined for a registry that the user named. */
  readonly sender: Route | undefined;
}

export function firstHop(target: TransportTarget): Hop {
  if (target.kind === 'registry') {
    return { kind: 'registry', endpoint: target.endpoint, path: target.path, own: true, sender: undefined };
  }
  const { url, registry, tls } = target;
  const isSameHost = url.hostname === new URL(registry.origin).hostname;
  // Who has not proved to be the registry cannot tell either whose token service that is.
  const shared = isVerified(registry.step) ? forTokenService(tls) : undefined;
  const endpoint = withTls(urlEndpoint(url), isSameHost ? tls : shared);
  return { kind: 'token', endpoint, path: url.pathname + url.search, own: true, sender: registry };
}

/** The hop that an answer by this route sends us to. Throws `REDIRECT_REFUSED`. */
export function nextHop(hop: Hop, route: Route, location: string): Hop {
  const target = redirectTarget(urlOf(hop, route), location);
  const path = target.pathname + target.search;
  const endpoint = urlEndpoint(target);
  if (new URL(route.origin).origin === target.origin) return { ...hop, path };
  return { kind: 'redirect', endpoint, path, own: false, sender: route };
}

export function urlOf(hop: Hop, route: Route): URL {
  return new URL(hop.path, route.origin);
}

/** What asking a hop has thrown; of a host that somebody redirected to, an error that names who did. */
export function ofRedirect({ kind, endpoint, sender }: Hop, thrown: unknown): unknown {
  if (kind !== 'redirect' || sender === undefined || !(thrown instanceof RunnerError)) return thrown;
  const { code, message, details } = thrown;
  if (['CANCELLED', 'DEADLINE', 'ADDRESS_REFUSED'].includes(code)) return thrown;
  return new RunnerError(code, `${sender.authority} redirected to ${endpoint.authority}: ${message}`, details);
}

/**
 * Holds the addresses of a host that somebody else named to the rules for token services, which redirects share
 * (registry-behaviour 3.6, 5.6 RD3 and RD12). Throws `AUTH_REALM` or `ADDRESS_REFUSED`.
 */
export function checkAddresses(hop: Hop, route: Route): void {
  const { sender } = hop;
  if (sender === undefined || new URL(sender.origin).hostname === new URL(route.origin).hostname) return;
  for (const address of route.addresses) {
    const refusal = realmAddressRefusal(address, sender);
    if (refusal === undefined) continue;
    if (hop.kind === 'token') throw realmError(urlOf(hop, route), sender, refusal);
    throw new RunnerError('ADDRESS_REFUSED', `${sender.authority} redirects to ${route.origin}; refused: ${refusal}`, {
      registry: sender.authority,
      hint: `Ask whoever runs ${sender.authority} why it redirects there.`,
    });
  }
}
