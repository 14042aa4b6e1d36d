import { namesOfHost } from './docker-hub.ts';
import { splitAuthority } from './domain.ts';
import { Glob } from './glob.ts';
import { compareHosts, hostTarget, matchesHost, parseHostPattern } from './host-pattern.ts';
import type { HostPattern } from './host-pattern.ts';
import { isDomainLike } from './reference-grammar.ts';
import type { Reference } from './reference.ts';

const right = 'write host[:port][/path], like *.example.com or ghcr.io/team';

/** Where images are: `host[:port][/path]` with the patterns of credentials, in the path as well. */
export class ImagePattern {
  readonly #host: HostPattern;
  readonly #segments: readonly Glob[];

  private constructor(host: HostPattern, segments: readonly Glob[]) {
    this.#host = host;
    this.#segments = segments;
  }

  /** What is wrong with the text, and what would be right, where it is no pattern. */
  static parse(text: string): ImagePattern | { readonly fault: string } {
    if (text.includes('://')) return { fault: `has a scheme; ${right}` };
    if (text.includes('@')) return { fault: `has an @, and names neither users nor digests; ${right}` };
    const [authority = '', ...path] = text.replace(/\/$/, '').split('/');
    const host = parseHost(authority);
    if ('fault' in host) return host;
    const segments = path.map(parseSegment);
    if (!segments.every((segment) => segment !== undefined))
      return { fault: `has a path that no repository has, which is lower-case and without tag; ${right}` };
    return new ImagePattern(host, segments);
  }

  /** Sorts the more particular one first: its host, as of credentials, then the longer path, then the more literal one. */
  static compare(this: void, a: ImagePattern, b: ImagePattern): number {
    return compareHosts(a.#host, b.#host) || b.#segments.length - a.#segments.length || b.#literals - a.#literals;
  }

  /** How many segments of its path stand for themselves. */
  get #literals(): number {
    return this.#segments.filter(({ isLiteral }) => isLiteral).length;
  }

  /** Segment by segment: `host/team` is for `host/team` and all below it, not for `host/teammate`. Ports as written. */
  matches({ domain, path }: Pick<Reference, 'domain' | 'path'>): boolean {
    const isHost = namesOfHost(domain).some((name) => matchesHost(this.#host, hostTarget(name)));
    const segments = path.split('/');
    return isHost && this.#segments.every((pattern, index) => pattern.matches(segments[index] ?? ''));
  }
}

function parseHost(authority: string): HostPattern | { readonly fault: string } {
  if (authority === '*') return { fault: `would name only hosts without a dot; ${right}` };
  if (!isDomainLike(authority))
    return { fault: `names no registry before its path, and Docker Hub's is docker.io; ${right}` };
  const { port } = splitAuthority(authority);
  const host = parseHostPattern(authority);
  if (host === undefined || (port !== undefined && !isPort(port)))
    return { fault: `has no host, or no port from 1 to 65535; ${right}` };
  return host;
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}

function parseSegment(text: string): Glob | undefined {
  return /^[a-z0-9._*^[\]\\-]+$/.test(text) ? Glob.parse(text) : undefined;
}
