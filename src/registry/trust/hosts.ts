import { RunnerError } from '../../core/errors.ts';
import { Glob } from '../../image/glob.ts';
import { splitAuthority } from '../authority.ts';
import { canonicalHost, cidrContains, parseCidr, parseIp, unmapIp } from '../transport/ip.ts';
import type { Cidr } from '../transport/ip.ts';

type Entry =
  | { readonly kind: 'network'; readonly cidr: Cidr }
  | { readonly kind: 'host'; readonly labels: readonly Glob[]; readonly port: number | undefined };

/** The registries that `--insecure-registries` names (table 5.3, TC22 and TC23). */
export class InsecureRegistries {
  readonly #entries: readonly Entry[];

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /** Reads `host[:port]|*.glob|CIDR,…`. Throws `CFG_OPTION` naming every entry that is wrong and what would be right. */
  static parse(list: string): InsecureRegistries {
    const texts = list
      .split(',')
      .map((text) => text.trim())
      .filter((text) => text !== '');
    const faults: string[] = [];
    const entries = texts.flatMap((text) => {
      const entry = parseEntry(text);
      if (typeof entry !== 'string') return [entry];
      faults.push(`"${text}" ${entry}`);
      return [];
    });
    if (faults.length > 0) throw new RunnerError('CFG_OPTION', `--insecure-registries: ${faults.join('; ')}`);
    return new InsecureRegistries(entries);
  }

  /** Whether a look-up could make a host a listed one. */
  get hasNetworks(): boolean {
    return this.#entries.some(({ kind }) => kind === 'network');
  }

  /**
   * Whether the host is listed. An entry without port matches any port, one with a port only that one (an authority
   * without port stands for 443); `*` stays within one label; a CIDR matches IP literals and `dialledAddress`.
   */
  matches(authority: string, dialledAddress?: string): boolean {
    const { hostname, port } = splitAuthority(authority);
    const addresses = [hostname, dialledAddress ?? ''].flatMap((text) => {
      const ip = parseIp(text);
      return ip === undefined ? [] : [unmapIp(ip)];
    });
    return this.#entries.some((entry) =>
      entry.kind === 'network'
        ? addresses.some((address) => cidrContains(entry.cidr, address))
        : (entry.port === undefined || entry.port === (port ?? 443)) && labelsMatch(entry.labels, hostname),
    );
  }
}

/** The entry, or what is wrong with it. */
function parseEntry(text: string): Entry | string {
  if (/^\*+(:\d+)?$/.test(text))
    return 'would name only hosts without a dot; write the host, host:port, *.example.com or a CIDR such as 10.0.0.0/8';
  const cidr = parseCidr(text);
  if (cidr !== undefined) return { kind: 'network', cidr };
  if (text.includes('://')) return 'has a scheme; write host or host:port';
  if (text.includes('/')) return 'is neither a host nor a CIDR such as 10.0.0.0/8';
  const { hostname, port, portText } = splitAuthority(
    parseIp(text) !== undefined && text.includes(':') ? `[${text.replace(/^\[|\]$/g, '')}]` : text,
  );
  if (portText !== '' && port === undefined) return 'has no valid port (1 to 65535)';
  const labels = canonicalHost(hostname).split('.').map(parseLabel);
  if (!labels.every((label) => label !== undefined)) return 'is no host name; write host, host:port, *.glob or a CIDR';
  return { kind: 'host', labels, port };
}

function parseLabel(label: string): Glob | undefined {
  return /^[a-z0-9_*-]+$/.test(label) ? Glob.parse(label) : undefined;
}

function labelsMatch(patterns: readonly Glob[], hostname: string): boolean {
  const labels = canonicalHost(hostname).split('.');
  return labels.length === patterns.length && patterns.every((pattern, index) => pattern.matches(labels[index] ?? ''));
}
