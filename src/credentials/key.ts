import { credentialHost, dockerHub } from '../image/docker-hub.ts';
import { splitAuthority } from '../image/domain.ts';
import { hasUpperCase, isBracketedAddress, isDigits } from '../image/grammar.ts';
import { shownInput } from '../image/quote.ts';
import { Glob } from './glob.ts';

/** A key of `auths`, taken apart as the kubelet does (pkg/credentialprovider/keyring.go). */
export interface CredentialKey {
  /** One name per host, lower-case, for keys without patterns; undefined for those with. */
  readonly exactHost: string | undefined;
  readonly labels: readonly Glob[];
  readonly port: string;
  /** Empty, or with a leading slash. */
  readonly path: string;
}

/** What is being looked up: the parts of an image's name that keys are compared with. */
export interface KeyTarget {
  /** One name per host. */
  readonly exactHost: string;
  /** Of the host as written. */
  readonly labels: readonly string[];
  readonly port: string;
  /** With a leading slash. */
  readonly path: string;
}

/** `sibling`: only the kubelet, which knows no path segments, would use this key for this image. */
export type KeyMatch = 'yes' | 'sibling' | 'no';

/** Undefined for a key that can match nothing. The scheme says nothing, nor does any user information. */
export function parseKey(text: string): CredentialKey | undefined {
  const { authority, rest } = splitKey(text);
  const { host, port = '' } = splitAuthority(authority.toLowerCase());
  const labels = parseHost(host);
  const isOtherScheme = rest.startsWith('//');
  if (labels === undefined || isOtherScheme || !(port === '' || isDigits(port))) return undefined;
  const exactHost = labels.every((label) => label.isLiteral) ? canonicalHost(host, port) : undefined;
  return { exactHost, labels, port, path: effectivePath(rest.replace(/[?#].*$/s, ''), exactHost) };
}

/** The key as it may be shown: people write `https://user:password@host` too, or a token into a query. */
export function shownKey(text: string): string {
  const at = text.lastIndexOf('@');
  return shownInput(at === -1 ? text : `…${text.slice(at)}`);
}

/** Whether the host is written with capitals, which the kubelet would not match. */
export function hasUpperCaseHost(text: string): boolean {
  return hasUpperCase(splitKey(text).authority);
}

/** @param authority `host[:port]`, lower-case */
export function keyTarget(authority: string, path: string): KeyTarget {
  const { host, port = '' } = splitAuthority(authority);
  return { exactHost: canonicalHost(host, port), labels: host.split('.'), port, path: `/${path}` };
}

export function matchKey(key: CredentialKey, { exactHost, labels, port, path }: KeyTarget): KeyMatch {
  const isSameHost = key.exactHost === undefined ? matchesLabels(key.labels, labels) : key.exactHost === exactHost;
  if (key.port !== port || !isSameHost || !path.startsWith(key.path)) return 'no';
  const endsAtSegment = key.path === '' || key.path.endsWith('/') || [undefined, '/'].includes(path[key.path.length]);
  return endsAtSegment ? 'yes' : 'sibling';
}

/** Sorts the more particular key first: exact host before pattern, more literal labels, longer path. */
export function compareKeys(a: CredentialKey, b: CredentialKey): number {
  return hostParticularity(b) - hostParticularity(a) || b.path.length - a.path.length;
}

function hostParticularity({ exactHost, labels }: CredentialKey): number {
  return exactHost === undefined ? labels.filter((label) => label.isLiteral).length : Number.MAX_SAFE_INTEGER;
}

function matchesLabels(patterns: readonly Glob[], labels: readonly string[]): boolean {
  return labels.length === patterns.length && patterns.every((pattern, index) => pattern.matches(labels[index] ?? ''));
}

/** Docker Hub's names are one host; with a port they are not Docker Hub any more. */
function canonicalHost(host: string, port: string): string {
  if (isBracketedAddress(host)) return URL.parse(`https://${host}`)?.hostname ?? host;
  return port === '' ? credentialHost(host) : host;
}

/** Old keys end in the version of the registry API, which says nothing either. */
function effectivePath(path: string, exactHost: string | undefined): string {
  if (exactHost === dockerHub && (path === '/v1' || path === '/v2')) return '';
  const effective = path.startsWith('/v1/') || path.startsWith('/v2/') ? path.slice(3) : path;
  return effective === '/' ? '' : effective;
}

function parseHost(host: string): readonly Glob[] | undefined {
  if (isBracketedAddress(host)) return [];
  if (!/^[a-z0-9._*\-[\]]+$/.test(host) || host.startsWith('[')) return undefined;
  const labels = host.split('.').map((label) => Glob.parse(label));
  return labels.every((label) => label !== undefined) ? labels : undefined;
}

/** `authority` comes without user information; `rest` is path, query and fragment. */
function splitKey(text: string): { readonly authority: string; readonly rest: string } {
  const location = text.replace(/^https?:\/\//i, '');
  const end = location.search(/[/?#]/);
  const authority = end === -1 ? location : location.slice(0, end);
  return {
    authority: authority.slice(authority.lastIndexOf('@') + 1),
    rest: end === -1 ? '' : location.slice(end),
  };
}
