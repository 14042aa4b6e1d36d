import { RunnerError, toRunnerError } from '../core/errors.ts';
import { parseDigest, type Digest } from './digest.ts';
import { dockerHub, dockerHubApiHost } from './docker-hub.ts';
import { quoteInput, shownInput } from './quote.ts';
import { checkScheme, expandShortName, isDomainLike, splitDigest, splitDomain, splitTag } from './reference-grammar.ts';

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
    const { code, message, details } = toRunnerError(thrown);
    throw new RunnerError(code, `image reference ${quoteInput(text)}: ${message}`, {
      ...details,
      image: shownInput(text),
    });
  }
}

/** The image of the same name in another registry. @param domain as in {@link Reference.domain} */
export function atDomain({ path, tag, digest }: Reference, domain: string): Reference {
  const version = `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest.text}`}`;
  const text = `${unmistakable(domain)}/${path}${version}`;
  return buildReference(text, text);
}

/** Why a default image prefix cannot be used, or undefined when it can. */
export function validateImagePrefix(prefix: string): string | undefined {
  if (prefix === '') return undefined;
  try {
    buildReference(prefix, expandShortName('name', prefix));
    return undefined;
  } catch (thrown) {
    return toRunnerError(thrown).message;
  }
}

/** The token scope for pulling; it never holds the host. https://distribution.github.io/distribution/spec/auth/scope/ */
export function pullScope(reference: Pick<Reference, 'path'>): string {
  return `repository:${reference.path}:pull`;
}

function buildReference(input: string, full: string): Reference {
  checkScheme(full);
  const { name, digestText } = splitDigest(full);
  const { repository, tag: writtenTag } = splitTag(name);
  const { domain, path } = splitDomain(repository);
  const digest = digestText === undefined ? undefined : parseDigest(digestText);
  const tag = writtenTag ?? 'latest';
  return {
    input,
    domain,
    apiHost: domain === dockerHub ? dockerHubApiHost : domain,
    path,
    tag: digest === undefined ? tag : writtenTag,
    digest,
    target: digest?.text ?? tag,
    canonical: `${unmistakable(domain)}/${path}${digest === undefined ? `:${tag}` : `@${digest.text}`}`,
  };
}

/** `Registry/app` names a host by its upper case alone; in lower case it would be a Docker Hub organisation. */
function unmistakable(domain: string): string {
  return isDomainLike(domain) ? domain : domain.toUpperCase();
}
