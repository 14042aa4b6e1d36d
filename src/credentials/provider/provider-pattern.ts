import { type HostPattern, hostTarget, matchesHost, parseHostPattern } from '../../image/host-pattern.ts';
import type { Reference } from '../../image/reference.ts';

/** A pattern of `matchImages`, `host[:port][/path]` with wildcards in the host. */
export interface ProviderPattern {
  readonly host: HostPattern;
  /** Empty, or with a leading slash. */
  readonly path: string;
}

/** Undefined for what no image can match. */
export function parseProviderPattern(text: string): ProviderPattern | undefined {
  const slash = text.indexOf('/');
  const authority = slash === -1 ? text : text.slice(0, slash);
  const path = slash === -1 ? '' : text.slice(slash);
  const host = parseHostPattern(authority);
  if (host === undefined || authority.endsWith(':') || !/^(\/[^/?#\s\p{C}]+)*\/?$/u.test(path)) return undefined;
  // The kubelet takes Docker Hub's names for different hosts here.
  return { host: host.labels.length === 0 ? host : { ...host, exactHost: undefined }, path };
}

/**
 * As the kubelet decides whether to run a provider: as many labels, each one matching, the same port, and a path that
 * begins with the pattern's. https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/
 */
export function matchesPattern(pattern: ProviderPattern, image: Pick<Reference, 'domain' | 'path'>): boolean {
  return matchesHost(pattern.host, hostTarget(image.domain)) && `/${image.path}`.startsWith(pattern.path);
}
