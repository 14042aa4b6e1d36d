import { Secret } from '../../core/secret.ts';
import type { BasicLogin, Login } from '../../credentials/candidate.ts';
import { basicAuthorization } from './basic.ts';

/** One HTTP request that asks a token service for a token. */
export interface TokenQuestion {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly authorization: Secret | undefined;
  /** Of a POST: a form with the refresh token in it. */
  readonly form: Secret | undefined;
}

export interface TokenSubject {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
}

const clientId = 'krm-function-runner';

/**
 * The requests that may get this login a token, in the order to try them (registry-behaviour 3.4, T18). The password
 * grant is not among them: registries that have it take GET with Basic too, and several fail on it.
 */
export function tokenQuestions(subject: TokenSubject, login: Login): readonly TokenQuestion[] {
  switch (login.kind) {
    case 'anonymous':
    case 'registry-token':
      return [getQuestion(subject, undefined)];
    case 'basic':
      return [getQuestion(subject, login)];
    case 'identity-token': {
      const post = postQuestion(subject, login.token);
      return login.fallback === undefined ? [post] : [post, getQuestion(subject, login.fallback)];
    }
  }
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
function getQuestion(subject: TokenSubject, login: BasicLogin | undefined): TokenQuestion {
  const url = new URL(subject.realm);
  if (subject.service !== undefined) url.searchParams.append('service', subject.service);
  for (const scope of subject.scopes) url.searchParams.append('scope', scope);
  return {
    method: 'GET',
    url,
    authorization: login === undefined ? undefined : basicAuthorization(login),
    form: undefined,
  };
}

/** https://distribution.github.io/distribution/spec/auth/oauth/ */
function postQuestion(subject: TokenSubject, refreshToken: Secret): TokenQuestion {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: clientId });
  if (subject.service !== undefined) form.append('service', subject.service);
  form.append('scope', subject.scopes.join(' '));
  form.append('refresh_token', refreshToken.reveal().toString('utf8'));
  return { method: 'POST', url: subject.realm, authorization: undefined, form: new Secret(form.toString()) };
}
