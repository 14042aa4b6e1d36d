import { isLoopbackName } from './clear-text.ts';
import { splitAuthority } from '../authority.ts';
import { canonicalHost, cidrContains, parseCidr, parseIp, unmapIp } from './ip.ts';
import type { Cidr } from './ip.ts';

type Entry =
  | { readonly kind: 'all' }
  | { readonly kind: 'network'; readonly cidr: Cidr }
  | {
      readonly kind: 'host';
      readonly host: string;
      readonly withSubdomains: 'only' | 'too';
      readonly port: number | undefined;
    };

/** Names that only cluster DNS knows: no proxy can reach them. */
const clusterSuffixes = ['.svc', '.cluster.local'];

/**
 * Who is not reached through the proxy. undici's own NO_PROXY knows no CIDR and proxies loopback, so this follows Go's
 * rules, which kubelets and container runtimes live by (registry-behaviour 5.7, PX2, PX4, PX5, PX12): `*`, addresses,
 * CIDRs, `name` with its subdomains, `.suffix` and `*.suffix` without the name itself, each but CIDRs with an optional
 * port. Loopback and cluster services are always direct.
 */
export class NoProxy {
  readonly #entries: readonly Entry[];

  /** `list`: separated by commas or white space. */
  constructor(list: string) {
    this.#entries = list
      .split(/[\s,]+/)
      .filter((text) => text !== '')
      .map(parseEntry);
  }

  matches(hostname: string, port: number): boolean {
    const host = canonicalHost(hostname);
    if (isLoopbackName(hostname.toLowerCase()) || clusterSuffixes.some((suffix) => host.endsWith(suffix))) return true;
    const ip = parseIp(hostname);
    return this.#entries.some((entry) => {
      switch (entry.kind) {
        case 'all':
          return true;
        case 'network':
          return ip !== undefined && cidrContains(entry.cidr, unmapIp(ip));
        case 'host':
          return (entry.port ?? port) === port && hostMatches(entry.host, entry.withSubdomains, host, ip !== undefined);
      }
    });
  }
}

function parseEntry(text: string): Entry {
  if (text === '*') return { kind: 'all' };
  const cidr = parseCidr(text);
  if (cidr !== undefined) return { kind: 'network', cidr };
  const { hostname, port } = splitAuthority(parseIp(text) !== undefined && !text.startsWith('[') ? `[${text}]` : text);
  const suffix = hostname.startsWith('*.') ? hostname.slice(1) : hostname;
  return {
    kind: 'host',
    host: canonicalHost(suffix.replace(/^\./, '')),
    withSubdomains: suffix.startsWith('.') ? 'only' : 'too',
    port,
  };
}

function hostMatches(entry: string, withSubdomains: 'only' | 'too', host: string, isIp: boolean): boolean {
  if (host === entry) return withSubdomains === 'too';
  return !isIp && host.endsWith(`.${entry}`);
}
