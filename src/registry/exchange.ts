import { RunnerError, toRunnerError } from '../core/errors.ts';
import type { Reference } from '../image/reference.ts';
import type { Secret } from '../core/secret.ts';
import {
  credentialsInClear,
  forbiddenUnasked,
  loginMissing,
  loginRefused,
  pullForbidden,
  redirectDenied,
  scopeRefused,
} from './auth/auth-error.ts';
import { mayCarryLogin } from './auth/authorizer.ts';
import type { Authorization, Authorizer, Caller } from './auth/authorizer.ts';
import { loginSecrets } from './auth/basic.ts';
import type { ChallengeMemory } from './auth/challenge-memory.ts';
import type { ChallengeReader } from './auth/challenge-reader.ts';
import type { Challenged, Demand } from './auth/demand.ts';
import { readErrorBody } from './error-body.ts';
import type { ErrorBody } from './error-body.ts';
import type { RegistryWarnings } from './registry-warnings.ts';
import { parseScopes, scopesFor } from './auth/scope.ts';
import { extraHeaders } from './registry-host.ts';
import type { Route, Transport, TransportResponse } from './transport/transport.ts';
import { userAgent } from './user-agent.ts';

export interface RegistryRequest {
  /** With query. */
  readonly path: string;
  readonly accept: string;
  /** A long download. */
  readonly bulk?: true;
  /** Another host can be asked, so nothing is repeated after a temporary failure. */
  readonly once?: true;
}

/** An answer other than 401 and 403. */
export interface Answered {
  readonly kind: 'answered';
  readonly response: TransportResponse;
  readonly isAuthorized: boolean;
  /** What the registry was sent, and so may echo. */
  readonly secrets: readonly Secret[];
}

/** An answer, or a refusal of this caller, upon which another one may try. */
export type Exchanged = Answered | { readonly kind: 'refused'; readonly error: RunnerError };

interface ExchangeParts {
  readonly transport: Transport;
  readonly authorizer: Authorizer;
  readonly memory: ChallengeMemory;
  readonly challenges: ChallengeReader;
  readonly warnings: RegistryWarnings;
}

interface Refusal {
  readonly response: TransportResponse;
  readonly body: ErrorBody;
  readonly sent: Authorization | undefined;
  /** Something was sent for the first time, so one better answer may be given. */
  readonly mayRetry: boolean;
}

type Step =
  | { readonly kind: 'send'; readonly authorization: Authorization | undefined }
  | { readonly kind: 'refused'; readonly error: RunnerError };

/** One request by one caller: sent, and after a challenge sent again with the answer to it, refreshed at most once. */
export class Exchange {
  readonly #parts: ExchangeParts;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  async run(request: RegistryRequest, caller: Caller): Promise<Exchanged> {
    const known = this.#parts.transport.route(caller.host.endpoint);
    let step = await answerOrRefusal(caller, async () =>
      known === undefined ? undefined : this.#parts.authorizer.ready(caller, known),
    );
    for (let authorizedSends = 0; step.kind === 'send';) {
      const { response, sent } = await this.#send(request, caller, step.authorization);
      if (response.status !== 401 && response.status !== 403) {
        const secrets = secretsOf(caller, sent);
        return { kind: 'answered', response, isAuthorized: sent !== undefined, secrets };
      }
      if (sent !== undefined) authorizedSends += 1;
      const isUnsent = step.authorization !== undefined && sent === undefined;
      const body = await readErrorBody(response, caller.signal, secretsOf(caller, sent));
      step = await this.#next(caller, { response, body, sent, mayRetry: authorizedSends < 2 && !isUnsent });
    }
    return step;
  }

  async #send(
    request: RegistryRequest,
    caller: Caller,
    ready: Authorization | undefined,
  ): Promise<{ readonly response: TransportResponse; readonly sent: Authorization | undefined }> {
    let sent: Authorization | undefined;
    const { host } = caller;
    const response = await this.#parts.transport.send({
      target: { kind: 'registry', endpoint: host.endpoint, path: request.path },
      method: 'GET',
      headers: { 'user-agent': userAgent, accept: request.accept },
      nodeHeaders: extraHeaders(host),
      authorize: (route) => {
        // The last gate before the wire, whatever came before: no login in clear (TC13).
        const fitting = ready?.origin === route.origin ? ready : this.#parts.authorizer.atHand(caller, route);
        sent = mayCarryLogin(caller, route) ? fitting : undefined;
        return sent?.header ?? (route.credentialsAllowed ? host.headers.get('authorization') : undefined);
      },
      attempts: caller.attempts,
      signal: caller.signal,
      ...(request.bulk === undefined ? {} : { bulk: request.bulk }),
      ...(request.once === undefined ? {} : { once: request.once }),
    });
    if (!response.redirected) {
      this.#parts.warnings.note(response.route.authority, response.headers, secretsOf(caller, sent));
    }
    return { response, sent };
  }

  async #next(caller: Caller, refusal: Refusal): Promise<Step> {
    const { response, body } = refusal;
    if (response.redirected) throw redirectDenied(caller.reference.domain, response.route, response.status, body);
    return response.status === 403 ? this.#afterForbidden(caller, refusal) : this.#afterUnauthorized(caller, refusal);
  }

  /** Only a token that lacks a scope is worth another one (R11). */
  async #afterForbidden(caller: Caller, refusal: Refusal): Promise<Step> {
    const { response, body, sent, mayRetry } = refusal;
    const challenged = this.#parts.challenges.readForbidden(response);
    if (challenged?.insufficientScope === true && sent?.token !== undefined && mayRetry) {
      if (this.#learnScopes(caller, response.route, challenged))
        return this.#answer(caller, refusal, challenged.demand);
    }
    const host = response.route.authority;
    const { login, key } = caller.candidate;
    if (sent === undefined && login.kind !== 'anonymous') throw forbiddenUnasked(caller.reference, host, key, body);
    const error = pullForbidden(caller.reference, host, sent === undefined ? 'anonymous' : key, body);
    if (sent === undefined) throw error;
    return { kind: 'refused', error };
  }

  async #afterUnauthorized(caller: Caller, refusal: Refusal): Promise<Step> {
    const { response, body, sent, mayRetry } = refusal;
    const { route } = response;
    const challenged = await this.#parts.challenges.read(caller, response, secretsOf(caller, sent));
    const isAnonymous = caller.candidate.login.kind === 'anonymous';
    if (isAnonymous && challenged?.demand.kind !== 'bearer') return refusedLogin(caller, route, body);
    if (!mayCarryLogin(caller, route)) throw credentialsInClear(route, caller.candidate.key);
    if (challenged === undefined) {
      if (sent === undefined) throw unchallenged(route);
      return refusedLogin(caller, route, body);
    }
    if (sent === undefined || challenged.insufficientScope) this.#learnScopes(caller, route, challenged);
    if (!mayRetry || (sent !== undefined && !this.#hasBetter(caller, route, sent, challenged.demand))) {
      if (isAnonymous || sent?.token === undefined || !challenged.insufficientScope)
        return refusedLogin(caller, route, body);
      const error = scopeRefused(caller.reference, route.authority, caller.candidate.key, body.text);
      return { kind: 'refused', error };
    }
    return this.#answer(caller, refusal, challenged.demand);
  }

  async #answer(caller: Caller, { response, sent }: Refusal, demand: Demand): Promise<Step> {
    return answerOrRefusal(caller, async () =>
      this.#parts.authorizer.answer(caller, response.route, demand, sent?.token?.value),
    );
  }

  /** Whether the demand can be answered otherwise than by what was just sent. */
  #hasBetter(caller: Caller, route: Route, sent: Authorization, demand: Demand): boolean {
    if (caller.candidate.login.kind === 'registry-token') return false;
    if (demand.kind === 'basic') return sent.token !== undefined;
    if (sent.token === undefined || !sent.token.isNew) return true;
    return sent.token.key !== this.#parts.authorizer.tokenKey(caller, route, demand);
  }

  /** True when the challenge names scopes that were not asked for yet. */
  #learnScopes(caller: Caller, route: Route, challenged: Challenged): boolean {
    const { path } = caller.reference;
    const known = scopesFor(path, this.#parts.memory.scopes(route.origin, path));
    const named = parseScopes(challenged.scope);
    if (named.every((scope) => known.includes(scope))) return false;
    this.#parts.memory.learnScopes(route.origin, path, scopesFor(path, named));
    return true;
  }
}

function secretsOf({ candidate, host }: Caller, sent: Authorization | undefined): readonly Secret[] {
  const login = [...loginSecrets(candidate.login), ...host.headers.values()];
  return sent?.token === undefined ? login : [...login, sent.token.value];
}

function refusedLogin(caller: Caller, route: Route, body: ErrorBody): Step {
  const { candidate } = caller;
  const error =
    candidate.login.kind === 'anonymous'
      ? loginMissing(namedAt(caller), route.authority, body.text)
      : loginRefused(route.authority, candidate.key, body.text);
  return { kind: 'refused', error };
}

/** What credentials for this host are looked for by. */
function namedAt({ reference, host }: Caller): Pick<Reference, 'domain' | 'path'> {
  return host.identity === 'origin' ? reference : { domain: host.endpoint.authority, path: reference.path };
}

function unchallenged(route: Route): RunnerError {
  return new RunnerError('AUTH_CHALLENGE', `${route.authority} answers 401 and never says how to log in`, {
    httpStatus: 401,
    hint: 'Whoever runs the registry, or the proxy before it, has to pass on its WWW-Authenticate header.',
  });
}

/** A token service that refuses this caller is a refusal; any other failure of it ends the request. */
async function answerOrRefusal(caller: Caller, answer: () => Promise<Authorization | undefined>): Promise<Step> {
  try {
    return { kind: 'send', authorization: await answer() };
  } catch (thrown) {
    const error = toRunnerError(thrown);
    for (const attempt of error.details.attempts ?? []) caller.attempts.add(attempt);
    if (error.code === 'AUTH_REFUSED') return { kind: 'refused', error };
    if (error.code !== 'AUTH_DENIED') throw error;
    return { kind: 'refused', error: loginMissing(namedAt(caller), caller.host.endpoint.authority, error.message) };
  }
}
