import { credentialHost } from './docker-hub.ts';
import { splitAuthority } from './domain.ts';
import { Glob } from './glob.ts';
import { isBracketedAddress, isDigits } from './grammar.ts';

/** A pattern of `host[:port]`, compared label by label as the kubelet does (pkg/credentialprovider/keyring.go). */
export interface HostPattern {
  /** One name per host, lower-case, for a pattern that stands for one host only; else undefined. */
  readonly exactHost: string | undefined;
  readonly labels: readonly Glob[];
  readonly port: string;
}

/** The host that patterns are compared with. */
export interface HostTarget {
  /** One name per host. */
  readonly exactHost: string;
  /** Of the host as written. */
  readonly labels: readonly string[];
  readonly port: string;
}

/** Undefined for a pattern that can match nothing. */
export function parseHostPattern(authority: string): HostPattern | undefined {
  const { host, port = '' } = splitAuthority(authority.toLowerCase());
  const labels = parseHost(host);
  if (labels === undefined || !(port === '' || isDigits(port))) return undefined;
  const exactHost = labels.every((label) => label.isLiteral) ? canonicalHost(host, port) : undefined;
  return { exactHost, labels, port };
}

/** @param authority `host[:port]`, lower-case */
export function hostTarget(authority: string): HostTarget {
  const { host, port = '' } = splitAuthority(authority);
  return { exactHost: canonicalHost(host, port), labels: host.split('.'), port };
}

/** A pattern without port is for hosts without port. */
export function matchesHost(pattern: HostPattern, { exactHost, labels, port }: HostTarget): boolean {
  if (pattern.port !== port) return false;
  return pattern.exactHost === undefined ? matchesAll(pattern.labels, labels) : pattern.exactHost === exactHost;
}

/** Sorts the more particular pattern first: one host before many, then more literal labels. */
export function compareHosts(a: HostPattern, b: HostPattern): number {
  return particularity(b) - particularity(a);
}

function particularity({ exactHost, labels }: HostPattern): number {
  return exactHost === undefined ? labels.filter((label) => label.isLiteral).length : Number.MAX_SAFE_INTEGER;
}

function matchesAll(patterns: readonly Glob[], labels: readonly string[]): boolean {
  return labels.length === patterns.length && patterns.every((pattern, index) => pattern.matches(labels[index] ?? ''));
}

/** Docker Hub's names are one host; with a port they are not Docker Hub any more. */
function canonicalHost(host: string, port: string): string {
  if (isBracketedAddress(host)) return URL.parse(`https://${host}`)?.hostname ?? host;
  return port === '' ? credentialHost(host) : host;
}

function parseHost(host: string): readonly Glob[] | undefined {
  if (isBracketedAddress(host)) return [];
  if (!/^[a-z0-9._*\-[\]]+$/.test(host) || host.startsWith('[')) return undefined;
  const labels = host.split('.').map((label) => Glob.parse(label));
  return labels.every((label) => label !== undefined) ? labels : undefined;
}
