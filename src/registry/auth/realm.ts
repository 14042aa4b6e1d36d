import { RunnerError } from '../../core/errors.ts';
import { classifyAddress } from '../transport/address-class.ts';
import type { AddressClass } from '../transport/address-class.ts';
import { safeText, shownUrl } from '../../core/safe-text.ts';
import type { Route } from '../transport/transport-request.ts';

/**
 * The token service's URL if this registry may name it (registry-behaviour 3.6). A registry picks that URL, so without
 * these rules it could point credentials at anyone, or the runner at hosts that only the runner can reach. Names are
 * judged again, by {@link realmAddressRefusal}, once they are looked up. Throws `AUTH_REALM`.
 */
export function checkedRealm(text: string, registry: Route, withCredentials: boolean): URL {
  const url = URL.parse(text);
  const reason = url === null ? 'it is not an absolute URL' : urlRefusal(url, registry, withCredentials);
  if (url === null || reason !== undefined) throw realmError(url ?? text, registry, reason ?? '');
  url.hash = '';
  return url;
}

/** An error that names both sides and no query. */
export function realmError(realm: URL | string, registry: Route, reason: string, cause?: unknown): RunnerError {
  const shown = typeof realm === 'string' ? safeText(realm, 200) : shownUrl(realm);
  return new RunnerError('AUTH_REALM', `${registry.origin} names ${shown} as its token service; refused: ${reason}`, {
    registry: registry.authority,
    ...(cause === undefined ? {} : { cause }),
    hint: `Check that ${registry.authority} is the registry you mean; its token service has to be reachable over https.`,
  });
}

/** Why a token service must not be reached at this IP address for this registry, or undefined when it may. */
export function realmAddressRefusal(address: string, registry: Route): string | undefined {
  const kind = classifyAddress(address);
  switch (kind) {
    case undefined:
      return `${safeText(address, 100)} is no IP address`;
    case 'public':
      return undefined;
    case 'loopback':
      return isWithin(registry, ['loopback'])
        ? undefined
        : `${address} is a loopback address and the registry's is not`;
    case 'private':
      return registry.insecureListed || isWithin(registry, ['loopback', 'private'])
        ? undefined
        : `${address} is a private address and the registry's is not`;
    case 'metadata':
      return `${address} is where clouds have their metadata services`;
    case 'unspecified':
      return `${address} is a ${kind} address`;
  }
}

function urlRefusal(realm: URL, registry: Route, withCredentials: boolean): string | undefined {
  if (realm.protocol !== 'https:' && realm.protocol !== 'http:') return `its scheme is ${safeText(realm.protocol, 40)}`;
  if (realm.username !== '' || realm.password !== '') return 'it has a user name in it';
  const literal =
    classifyAddress(realm.hostname) === undefined ? undefined : realmAddressRefusal(realm.hostname, registry);
  if (literal !== undefined || realm.protocol === 'https:') return literal;
  return plaintextRefusal(realm, registry, withCredentials);
}

function plaintextRefusal(realm: URL, registry: Route, withCredentials: boolean): string | undefined {
  if (hostAndPort(realm) !== hostAndPort(new URL(registry.origin))) return 'it is not https';
  if (registry.insecureListed) return undefined;
  if (registry.step !== 'plaintext') return 'it is not https, though the registry is';
  return withCredentials ? 'it is not https, and credentials are configured for the registry' : undefined;
}

function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port === '' ? defaultPort(url) : url.port}`;
}

function defaultPort(url: URL): string {
  return url.protocol === 'https:' ? '443' : '80';
}

/** A name with an address outside as well counts as outside: a registry must not unlock the inside by listing both. */
function isWithin(registry: Route, classes: readonly AddressClass[]): boolean {
  const { hostname } = new URL(registry.origin);
  const addresses = registry.addresses.length === 0 ? [hostname] : registry.addresses;
  return addresses.every((address) => {
    const kind = classifyAddress(address);
    return kind !== undefined && classes.includes(kind);
  });
}
