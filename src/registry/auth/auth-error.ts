import { RunnerError } from '../../core/errors.ts';
import type { Candidate } from '../../credentials/candidate.ts';
import type { Reference } from '../../image/reference.ts';
import { dockerHub } from '../../image/docker-hub.ts';
import type { ErrorBody } from '../error-body.ts';
import { said } from '../registry-error.ts';
import { credentialsHint, mend, originOf } from './credential-place.ts';
import type { Route } from '../transport/transport-request.ts';

type Named = Pick<Reference, 'domain' | 'path'>;

/**
 * The registry, or its token service, wants a login and there is none for this image (B7, ER7, ER8).
 *
 * @param named what credentials were looked for by: a mirror's own authority and the path there
 */
export function loginMissing(named: Named, host: string, words: string): RunnerError {
  const message = `${host} wants a login for ${named.path}, or that repository does not exist, and none is configured`;
  const answer = words === '' ? '' : `; it said: ${words}`;
  return new RunnerError('AUTH_DENIED', `${message}: looked for ${lookedFor(named)}${answer}`, {
    httpStatus: 401,
    hint: `Add an entry for ${named.domain} to ${credentialsHint}, or check the image's name.`,
  });
}

/** The credentials were sent and refused (ER10). */
export function loginRefused(host: string, key: string, words: string): RunnerError {
  const answer = words === '' ? '' : `; it said: ${words}`;
  return new RunnerError('AUTH_REFUSED', `${host} refused the credentials for "${key}"${answer}`, {
    httpStatus: 401,
    hint: mend(key, 'Renew', `a login that ${host} takes`),
  });
}

/** The token service took the credentials, and its token is not enough. Docker Hub says so of repositories that are not there, too (ER7). */
export function scopeRefused(reference: Reference, host: string, key: string, words: string): RunnerError {
  const answer = words === '' ? '' : `; it said: ${words}`;
  const message = `${host} knows the credentials for "${key}", but they do not allow pulling ${reference.path}, or it does not exist`;
  return new RunnerError('AUTH_REFUSED', `${message}${answer}`, {
    httpStatus: 401,
    hint: `Check the image's name, and give the account of "${key}" the right to pull ${reference.path}.`,
  });
}

/** A login, but not of the kind that was asked for. */
export function loginUnfit(host: string, key: string, kind: string): RunnerError {
  return new RunnerError('AUTH_REFUSED', `${host} asks for a user name and password, and "${key}" has only ${kind}`, {
    httpStatus: 401,
    hint: mend(key, 'Put a user name and password into', 'a user name and password'),
  });
}

/** 403: the account is known and may not (ER11). */
export function pullForbidden(reference: Reference, host: string, key: string, body: ErrorBody): RunnerError {
  const who = key === 'anonymous' ? 'without a login' : `to the account of "${key}"`;
  return new RunnerError('AUTH_FORBIDDEN', `${host} does not allow pulling ${reference.path} ${who}${said(body)}`, {
    httpStatus: 403,
    hint:
      key === 'anonymous'
        ? `Add an entry for ${reference.domain} to ${credentialsHint}.`
        : `Give the account of "${key}" the right to pull ${reference.path}.`,
  });
}

/** 403 to a request without a login, which nothing has asked for: what is configured never had its turn. */
export function forbiddenUnasked(reference: Reference, host: string, key: string, body: ErrorBody): RunnerError {
  const message = `${host} answered 403 for ${reference.path} before asking for a login, so "${key}" was not sent`;
  return new RunnerError('AUTH_FORBIDDEN', `${message}${said(body)}`, {
    httpStatus: 403,
    hint: `Check that ${host} is the registry you mean; if it is, ask whoever runs it why it refuses this address without asking for a login.`,
  });
}

/** Where a request was redirected to, no credentials go, and nothing that is asked there is answered (HBND3). */
export function redirectDenied(from: string, to: Route, status: number, body: ErrorBody): RunnerError {
  const code = status === 401 ? 'AUTH_DENIED' : 'AUTH_FORBIDDEN';
  return new RunnerError(code, `${from} redirected to ${to.authority}, which refuses access${said(body)}`, {
    httpStatus: status,
    hint: 'Credentials never follow a redirect; have the registry redirect to URLs that need none.',
  });
}

/** TC13: what is configured must not travel in clear. */
export function credentialsInClear(route: Route, key: string): RunnerError {
  return new RunnerError(
    'PLAINTEXT_CREDENTIALS',
    `${route.authority} wants a login and was reached in plaintext: refusing to send the credentials for "${key}" in clear`,
    {
      httpStatus: 401,
      hint: `Serve ${route.authority} over TLS, or add it to --insecure-registries if its network can be trusted.`,
    },
  );
}

/** An entry of the file that matches and cannot be read (E15), or a program that does not say what it should. */
export function brokenEntry({
  key,
  reason,
  hint,
  isTemporary = false,
}: Extract<Candidate, { kind: 'broken' }>): RunnerError {
  const code = isTemporary ? 'CREDENTIALS_UNAVAILABLE' : 'CFG_ENTRY_AUTH';
  if (hint !== undefined) return new RunnerError(code, `${key} gives no login: ${reason}`, { hint });
  const where = originOf(key) === 'file' ? ' of the credentials file' : '';
  return new RunnerError('CFG_ENTRY_AUTH', `the entry "${key}"${where} is unusable: ${reason}`, {
    hint: mend(key, 'Correct', 'a login that can be sent'),
  });
}

/** The keys that would have matched, longest first, as many as help. */
function lookedFor({ domain, path }: Named): string {
  const parts = path.split('/');
  const paths = parts.map((_, index) => [domain, ...parts.slice(0, parts.length - index)].join('/'));
  const host = domain === dockerHub ? 'https://index.docker.io/v1/' : domain;
  return [...paths.slice(0, 4), host].join(', ');
}
