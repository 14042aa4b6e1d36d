import { RunnerError, type ErrorCode, toRunnerError } from '../core/errors.ts';
import { parseDigest, type Digest } from './digest.ts';
import { dockerHub, dockerHubApiHost } from './docker-hub.ts';
import { parseDomain } from './domain.ts';
import { hasUpperCase, isPathComponent, isTag } from './grammar.ts';
import { quoteInput } from './quote.ts';

const maxInputLength = 4096;
const maxPathLength = 255;

/**
 * Where an image is and which version of it is meant, fully spelled out.
 * Grammar and defaults are those of https://github.com/distribution/reference, with the host in lower case.
 */
export interface Reference {
  /** As the caller wrote it. */
  readonly input: string;
  /** `host[:port]`, lower-case, IPv6 in brackets; Docker Hub is `docker.io`. */
  readonly domain: string;
  /** `host[:port]` that is dialled: the domain, but `registry-1.docker.io` for Docker Hub. */
  readonly apiHost: string;
  /** Repository without the host, e.g. `library/nginx`. */
  readonly path: string;
  /** `latest` when neither tag nor digest was given. Beside a digest it is only there to be shown. */
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
  /** What a manifest request asks for: the digest's text if there is one, else the tag. */
  readonly target: string;
  /** `domain/path@digest`, or `domain/path:tag` without a digest; parsing it again gives the same image. */
  readonly canonical: string;
}

export interface ReferenceOptions {
  /** Put before a name without any slash, e.g. `ghcr.io/kptdev/krm-functions-catalog/`. */
  readonly defaultImagePrefix?: string;
}

/** @throws RunnerError with a `REF_…` code */
export function parseReference(text: string, options: ReferenceOptions = {}): Reference {
  try {
    return buildReference(text, expandShortName(text, options.defaultImagePrefix ?? ''));
  } catch (thrown) {
    throw toRunnerError(thrown).with({ image: quoteInput(text) });
  }
}

/** Why a default image prefix cannot be used, or undefined when it can. */
export function validateImagePrefix(prefix: string): string | undefined {
  if (prefix === '') return undefined;
  const trimmed = withoutTrailingSlashes(prefix);
  if (trimmed === '') return 'must start with a registry host or an organisation, not with a slash';
  try {
    parseReference(`${trimmed}/name`);
    return undefined;
  } catch (thrown) {
    return `must look like registry.example.com/team/: ${toRunnerError(thrown).message}`;
  }
}

/** The token scope for pulling; the path never holds the host. https://distribution.github.io/distribution/spec/auth/scope/ */
export function pullScope(reference: Pick<Reference, 'path'>): string {
  return `repository:${reference.path}:pull`;
}

function expandShortName(text: string, prefix: string): string {
  if (text === '') throw new RunnerError('REF_EMPTY', 'image reference is empty', { hint: 'Name an image.' });
  const base = withoutTrailingSlashes(prefix);
  const full = base === '' || text.includes('/') ? text : `${base}/${text}`;
  if (full.length > maxInputLength) {
    throw new RunnerError('REF_TOO_LONG', `image reference is longer than ${String(maxInputLength)} characters`);
  }
  return full;
}

function buildReference(input: string, full: string): Reference {
  checkScheme(full);
  if (/^[0-9a-f]{64}$/.test(full)) {
    throw fault('REF_BARE_HEX', full, 'is a bare digest', 'Write repository@sha256:… instead of the hex digits alone.');
  }
  const { name, digestText } = splitDigest(full);
  const { repository, tag } = splitTag(name);
  const { domain, path } = splitDomain(repository);
  const digest = digestText === undefined ? undefined : parseDigest(digestText);
  const shownTag = tag ?? (digest === undefined ? 'latest' : undefined);
  return {
    input,
    domain,
    apiHost: domain === dockerHub ? dockerHubApiHost : domain,
    path,
    tag: shownTag,
    digest,
    target: digest?.text ?? shownTag ?? 'latest',
    canonical: `${unmistakableDomain(domain)}/${path}${digest === undefined ? `:${shownTag ?? 'latest'}` : `@${digest.text}`}`,
  };
}

function checkScheme(text: string): void {
  const colon = text.indexOf(':');
  if (colon === -1 || text[colon + 1] !== '/') return;
  const isHostWithoutPort = text[colon + 2] !== '/' && text.slice(0, colon).includes('.');
  if (isHostWithoutPort || !/^[A-Za-z][A-Za-z0-9+.-]*$/.test(text.slice(0, colon))) return;
  throw fault(
    'REF_SCHEME',
    text,
    'starts with a scheme',
    'Remove the scheme: write registry.example.com/team/image:tag.',
  );
}

function splitDigest(text: string): { readonly name: string; readonly digestText: string | undefined } {
  const at = text.indexOf('@');
  if (at === -1) return { name: text, digestText: undefined };
  if (text.includes('@', at + 1) || text.includes('/', at))
    throw fault('REF_FORMAT', text, 'holds an @ that starts no digest');
  return { name: text.slice(0, at), digestText: text.slice(at + 1) };
}

function splitTag(name: string): { readonly repository: string; readonly tag: string | undefined } {
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  if (colon === -1) return { repository: name, tag: undefined };
  const tag = name.slice(colon + 1);
  if (!isTag(tag)) throw fault('REF_FORMAT', name, 'has no valid tag after the colon');
  return { repository: name.slice(0, colon), tag };
}

function splitDomain(repository: string): { readonly domain: string; readonly path: string } {
  const slash = repository.indexOf('/');
  const first = repository.slice(0, Math.max(slash, 0));
  if (!isDomainLike(first)) return { domain: dockerHub, path: checkedPath(onHub(repository)) };
  const domain = parseDomain(first);
  const rest = repository.slice(slash + 1);
  if (domain !== dockerHub && domain !== 'index.docker.io') return { domain, path: checkedPath(rest) };
  return { domain: dockerHub, path: checkedPath(onHub(rest)) };
}

function isDomainLike(first: string): boolean {
  return first.includes('.') || first.includes(':') || first === 'localhost' || hasUpperCase(first);
}

function onHub(path: string): string {
  return path.includes('/') ? path : `library/${path}`;
}

function checkedPath(path: string): string {
  if (hasUpperCase(path))
    throw fault('REF_UPPERCASE', path, 'must be lower-case', 'Write the repository name in lower case.');
  if (!path.split('/').every(isPathComponent)) throw fault('REF_FORMAT', path, 'is not a valid repository name');
  if (path.length > maxPathLength) {
    throw fault('REF_TOO_LONG', path, `is longer than ${String(maxPathLength)} characters`);
  }
  return path;
}

/** A host without dot or port, such as `Registry/app` names, would read as a Docker Hub organisation in lower case. */
function unmistakableDomain(domain: string): string {
  return isDomainLike(domain) ? domain : domain.toUpperCase();
}

function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}

function fault(code: ErrorCode, text: string, problem: string, hint?: string): RunnerError {
  return new RunnerError(code, `${quoteInput(text)} ${problem}`, hint === undefined ? {} : { hint });
}
