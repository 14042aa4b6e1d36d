import { isIP } from 'node:net';
import { isVerified } from '../../core/attempt.ts';
import type { ConnectionStep } from '../../core/attempt.ts';
import { isMetadataName } from './address-class.ts';
import type { AddressBook } from './addresses.ts';
import type { TrustSetting } from './agents.ts';
import { isListed, mayGetClearCredentials } from './clear-text.ts';
import { originOf, portOf } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import type { InsecureRegistries } from '../trust/hosts.ts';
import type { ProxySettings } from './proxy.ts';
import { reachOf } from './reach.ts';
import type { Route } from './transport-request.ts';

/** How one step would reach an endpoint. */
export interface Way {
  readonly route: Route;
  readonly setting: TrustSetting;
}

/** Finds the way to an endpoint by one step: through a proxy, or to which addresses, and what may be sent there. */
export class Ways {
  readonly #book: AddressBook;
  readonly #proxies: ProxySettings;
  readonly #insecureRegistries: InsecureRegistries;

  constructor(book: AddressBook, proxies: ProxySettings, insecureRegistries: InsecureRegistries) {
    this.#book = book;
    this.#proxies = proxies;
    this.#insecureRegistries = insecureRegistries;
  }

  /** Looks the host up unless a proxy does. Throws as {@link AddressBook.resolve}. */
  async find(endpoint: Endpoint, step: ConnectionStep, signal: AbortSignal): Promise<Way> {
    const { hostname, authority, tls } = endpoint;
    const port = portOf(endpoint, step);
    const proxy = this.#proxies.proxyFor(step === 'plaintext' ? 'http' : 'https', hostname, port);
    const addresses = await this.#addresses(hostname, proxy, signal);
    const list = this.#insecureRegistries;
    const clearCredentials = step === 'plaintext' && mayGetClearCredentials(list, hostname, port, addresses);
    const insecureListed = isListed(list, hostname, port, addresses);
    const unverifiedIsFine = insecureListed || tls?.skipVerify === true;
    return {
      route: {
        step,
        origin: originOf(endpoint, step),
        authority,
        credentialsAllowed: isVerified(step) || clearCredentials || (step === 'insecure-tls' && unverifiedIsFine),
        insecureListed,
        addresses,
      },
      setting: { step, reach: reachOf(addresses), clearCredentials, proxy, tls },
    };
  }

  /** Whether the host is listed, or its own settings say as much, by the ports that TLS and plaintext would use. A host that cannot be looked up is judged by name. */
  async listed(
    endpoint: Endpoint,
    signal: AbortSignal,
  ): Promise<{ readonly tls: boolean; readonly plaintext: boolean }> {
    const { hostname } = endpoint;
    const list = this.#insecureRegistries;
    const ports = { tls: portOf(endpoint, 'system-ca'), plaintext: portOf(endpoint, 'plaintext') };
    const proxy = this.#proxies.proxyFor('https', hostname, ports.tls);
    const addresses = list.hasNetworks ? await this.#addresses(hostname, proxy, signal).catch(() => []) : [];
    return {
      tls: endpoint.tls?.skipVerify === true || isListed(list, hostname, ports.tls, addresses),
      plaintext: endpoint.plaintextAllowed === true || isListed(list, hostname, ports.plaintext, addresses),
    };
  }

  /** A name behind a proxy is the proxy's to resolve; an address is checked all the same (registry-behaviour 5.7, PX12). */
  async #addresses(hostname: string, proxy: URL | undefined, signal: AbortSignal): Promise<readonly string[]> {
    if (proxy !== undefined && isIP(hostname) === 0 && !isMetadataName(hostname)) return [];
    return (await this.#book.resolve(hostname, signal)).map(({ address }) => address);
  }
}
