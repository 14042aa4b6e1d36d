import { dockerHub } from '../image/docker-hub.ts';
import { hasUpperCase } from '../image/grammar.ts';
import { compareHosts, hostTarget, matchesHost, parseHostPattern } from '../image/host-pattern.ts';
import type { HostPattern, HostTarget } from '../image/host-pattern.ts';
import { shownInput } from '../image/quote.ts';

/** A key of `auths`, taken apart as the kubelet does (pkg/credentialprovider/keyring.go). */
export interface CredentialKey extends HostPattern {
  /** Empty, or with a leading slash. */
  readonly path: string;
}

/** What is being looked up: the parts of an image's name that keys are compared with. */
export interface KeyTarget extends HostTarget {
  /** With a leading slash. */
  readonly path: string;
}

/** `sibling`: only the kubelet, which knows no path segments, would use this key for this image. */
export type KeyMatch = 'yes' | 'sibling' | 'no';

/** Undefined for a key that can match nothing. The scheme says nothing, nor does any user information. */
export function parseKey(text: string): CredentialKey | undefined {
  const { authority, rest } = splitKey(text);
  const host = parseHostPattern(authority);
  const isOtherScheme = rest.startsWith('//');
  if (host === undefined || isOtherScheme) return undefined;
  return { ...host, path: effectivePath(rest.replace(/[?#].*$/s, ''), host.exactHost) };
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
  return { ...hostTarget(authority), path: `/${path}` };
}

export function matchKey(key: CredentialKey, target: KeyTarget): KeyMatch {
  const { path } = target;
  if (!matchesHost(key, target) || !path.startsWith(key.path)) return 'no';
  const endsAtSegment = key.path === '' || key.path.endsWith('/') || [undefined, '/'].includes(path[key.path.length]);
  return endsAtSegment ? 'yes' : 'sibling';
}

/** Sorts the more particular key first: exact host before pattern, more literal labels, longer path. */
export function compareKeys(a: CredentialKey, b: CredentialKey): number {
  return compareHosts(a, b) || b.path.length - a.path.length;
}

/** Old keys end in the version of the registry API, which says nothing either. */
function effectivePath(path: string, exactHost: string | undefined): string {
  if (exactHost === dockerHub && (path === '/v1' || path === '/v2')) return '';
  const effective = path.startsWith('/v1/') || path.startsWith('/v2/') ? path.slice(3) : path;
  return effective === '/' ? '' : effective;
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
