import { RunnerError } from '../core/errors.ts';
import { dockerHub, isDockerHub } from './docker-hub.ts';
import { parseDomain } from './domain.ts';
import { hasUpperCase, isPathComponent, isTag } from './grammar.ts';

const maxInputLength = 4096;
const maxPathLength = 255;

/** A name without any slash lies under the default prefix, if there is one. */
export function expandShortName(text: string, prefix: string): string {
  if (text === '') throw new RunnerError('REF_EMPTY', 'is empty', { hint: 'Name an image.' });
  if (text.length > maxInputLength) throw tooLong('the reference', maxInputLength);
  const base = withoutTrailingSlashes(prefix);
  if (prefix !== '' && !text.includes('/')) return `${base}/${text}`;
  if (/^[0-9a-f]{64}$/.test(text)) {
    throw new RunnerError('REF_BARE_HEX', 'is 64 hex digits and nothing else', {
      hint: 'Write repository@sha256:… instead of the hex digits alone.',
    });
  }
  return text;
}

export function checkScheme(text: string): void {
  const colon = text.indexOf(':');
  if (colon === -1 || text[colon + 1] !== '/') return;
  const scheme = text.slice(0, colon);
  const isHostWithoutPort = text[colon + 2] !== '/' && (scheme.includes('.') || scheme === 'localhost');
  if (isHostWithoutPort || !/^[A-Za-z][A-Za-z0-9+.-]*$/.test(scheme)) return;
  throw new RunnerError('REF_SCHEME', 'starts with a scheme', {
    hint: 'Remove the scheme: write registry.example.com/team/image:tag.',
  });
}

export function splitDigest(text: string): { readonly name: string; readonly digestText: string | undefined } {
  const at = text.indexOf('@');
  if (at === -1) return { name: text, digestText: undefined };
  if (text.includes('@', at + 1) || text.includes('/', at)) throw malformed('holds an @ that starts no digest');
  return { name: text.slice(0, at), digestText: text.slice(at + 1) };
}

export function splitTag(name: string): { readonly repository: string; readonly tag: string | undefined } {
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  if (colon === -1) return { repository: name, tag: undefined };
  const tag = name.slice(colon + 1);
  if (!isTag(tag)) throw malformed('has no valid tag after the colon');
  return { repository: name.slice(0, colon), tag };
}

/** The first part is a host if it could not be anything else; without a host the image is on Docker Hub. */
export function splitDomain(repository: string): { readonly domain: string; readonly path: string } {
  const slash = repository.indexOf('/');
  const first = repository.slice(0, Math.max(slash, 0));
  if (!isDomainLike(first)) return { domain: dockerHub, path: checkedPath(onDockerHub(repository)) };
  const domain = parseDomain(first);
  const path = repository.slice(slash + 1);
  return isDockerHub(domain)
    ? { domain: dockerHub, path: checkedPath(onDockerHub(path)) }
    : { domain, path: checkedPath(path) };
}

export function isDomainLike(first: string): boolean {
  return first.includes('.') || first.includes(':') || first === 'localhost' || hasUpperCase(first);
}

function onDockerHub(path: string): string {
  return path.includes('/') ? path : `library/${path}`;
}

function checkedPath(path: string): string {
  if (hasUpperCase(path)) {
    throw new RunnerError('REF_UPPERCASE', 'the repository name must be lower-case', {
      hint: 'Write the repository name in lower case.',
    });
  }
  if (!path.split('/').every(isPathComponent)) throw malformed('the repository name is not valid');
  if (path.length > maxPathLength) throw tooLong('the repository name', maxPathLength);
  return path;
}

function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}

function malformed(problem: string): RunnerError {
  return new RunnerError('REF_FORMAT', problem, {
    hint: 'Write registry.example.com/team/image:tag or …/image@sha256:<64 hex digits>.',
  });
}

function tooLong(what: string, characters: number): RunnerError {
  return new RunnerError('REF_TOO_LONG', `${what} is longer than ${String(characters)} characters`, {
    hint: 'Use a shorter name.',
  });
}
