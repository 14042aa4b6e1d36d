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
  readonly host: string;
  readonly port: string;
  /** Without a leading slash. */
  readonly path: string;
}

/** `sibling`: only the kubelet, which knows no path segments, would use this key for this image. */
export type KeyMatch = 'yes' | 'sibling' | 'no';

/** Undefined for a key that can match nothing. The scheme says nothing, nor does any user information. */
export function parseKey(text: string): CredentialKey | undefined {
  const { authority, rest } = splitKey(text);
  const { host, port = '' } = splitAuthority(authority.toLowerCase());
  const labels = parseHost(host);
  if (labels === undefined || !(port === '' || isDigits(port))) return undefined;
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

export function matchKey(key: CredentialKey, target: KeyTarget): KeyMatch {
  if (key.port !== target.port || !matchesHost(key, target)) return 'no';
  const path = `/${target.path}`;
  if (!path.startsWith(key.path)) return 'no';
  const isWholeSegment = key.path.endsWith('/') || path.length === key.path.length || path[key.path.length] === '/';
  return key.path === '' || isWholeSegment ? 'yes' : 'sibling';
}

/** Sorts the more particular key first: exact host before pattern, more literal labels, longer path. */
export function compareKeys(a: CredentialKey, b: CredentialKey): number {
  return (
    Number(b.exactHost !== undefined) - Number(a.exactHost !== undefined) ||
    literalLabels(b) - literalLabels(a) ||
    b.path.length - a.path.length
  );
}

function matchesHost(key: CredentialKey, target: KeyTarget): boolean {
  if (key.exactHost !== undefined) return key.exactHost === canonicalHost(target.host, target.port);
  const labels = target.host.split('.');
  return labels.length === key.labels.length && key.labels.every((label, index) => label.matches(labels[index] ?? ''));
}

function literalLabels(key: CredentialKey): number {
  return key.labels.filter((label) => label.isLiteral).length;
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
