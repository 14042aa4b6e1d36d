import { isDigits } from '../../image/grammar.ts';
import { splitAuthority } from '../../image/domain.ts';
import type { Reference } from '../../image/reference.ts';
import { Glob } from '../../image/glob.ts';

/** A pattern of `matchImages`, `host[:port][/path]` with wildcards in the host. */
export interface ImagePattern {
  readonly labels: readonly Glob[];
  readonly port: string;
  /** Empty, or with a leading slash. */
  readonly path: string;
}

/** Undefined for what no image can match. */
export function parseImagePattern(text: string): ImagePattern | undefined {
  const slash = text.indexOf('/');
  const authority = slash === -1 ? text : text.slice(0, slash);
  const path = slash === -1 ? '' : text.slice(slash);
  const { host, port = '' } = splitAuthority(authority.toLowerCase());
  if (!/^[a-z0-9._*\-[\]]+$/.test(host) || !(port === '' || isDigits(port)) || /[\s?#\p{Cc}]/u.test(path))
    return undefined;
  const labels = host.split('.').map((label) => Glob.parse(label));
  return labels.every((label) => label !== undefined) ? { labels, port, path } : undefined;
}

/**
 * As the kubelet decides whether to run a provider: as many labels, each one matching, the same port, and a path that
 * begins with the pattern's. https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/
 */
export function matchesImage(pattern: ImagePattern, image: Pick<Reference, 'domain' | 'path'>): boolean {
  const { host, port = '' } = splitAuthority(image.domain);
  const labels = host.split('.');
  return (
    port === pattern.port &&
    `/${image.path}`.startsWith(pattern.path) &&
    labels.length === pattern.labels.length &&
    pattern.labels.every((label, index) => label.matches(labels[index] ?? ''))
  );
}
