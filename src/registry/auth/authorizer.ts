import type { Secret } from '../../core/secret.ts';
import type { Candidate, Login } from '../../credentials/candidate.ts';
import type { Reference } from '../../image/reference.ts';
import type { AttemptLog } from '../trust/attempt-log.ts';
import { loginUnfit } from './auth-error.ts';
import { basicAuthorization, basicLoginOf } from './basic.ts';
import type { ChallengeMemory } from './challenge-memory.ts';
import type { Demand } from './demand.ts';
import { checkedRealm } from './realm.ts';
import { scopesFor } from './scope.ts';
import { bearerAuthorization } from './token-access.ts';
import type { TokenCache } from './token-cache.ts';
import type { TokenService } from './token-service.ts';
import type { RegistryHost } from '../registry-host.ts';
import type { Route } from '../transport/transport-request.ts';

/** Who asks, and for what. */
export interface Caller {
  readonly reference: Reference;
  /** Of whom it is asked. */
  readonly host: RegistryHost;
  readonly candidate: Extract<Candidate, { kind: 'login' }>;
  readonly signal: AbortSignal;
  readonly attempts: AttemptLog;
}

/** The value of an Authorization header and where it may go. */
export interface Authorization {
  readonly origin: string;
  readonly header: Secret;
  /** Of a token: what it was issued for, itself, and whether that was just now. */
  readonly token?: { readonly key: string; readonly value: Secret; readonly isNew: boolean };
}

type BearerDemand = Extract<Demand, { kind: 'bearer' }>;

/** Turns what an origin asks for and what a login has into Authorization headers. */
export class Authorizer {
  readonly #memory: ChallengeMemory;
  readonly #tokens: TokenCache;
  readonly #service: TokenService;

  constructor(memory: ChallengeMemory, tokens: TokenCache, service: TokenService) {
    this.#memory = memory;
    this.#tokens = tokens;
    this.#service = service;
  }

  /** Without waiting: what this route's origin is known to ask for, if it is at hand and may go there. */
  atHand(caller: Caller, route: Route): Authorization | undefined {
    const demand = this.#usableDemand(caller, route);
    if (demand === undefined) return undefined;
    const direct = directAuthorization(caller.candidate.login, demand, route.origin);
    if (direct !== undefined || demand.kind === 'basic') return direct;
    const key = this.tokenKey(caller, route, demand);
    const value = this.#tokens.peek(key);
    return value === undefined ? undefined : tokenAuthorization(route.origin, { key, value, isNew: false });
  }

  /** What this route's origin is known to ask for, fetched if need be; undefined when it is not known to ask. */
  async ready(caller: Caller, route: Route): Promise<Authorization | undefined> {
    const demand = this.#usableDemand(caller, route);
    return demand?.kind === 'bearer' ? this.answer(caller, route, demand, undefined) : this.atHand(caller, route);
  }

  /**
   * The answer to a demand. `refused` is a token that was just sent in vain.
   * Throws `AUTH_REFUSED` where this login cannot answer, and everything that {@link TokenService.issue} throws.
   */
  async answer(caller: Caller, route: Route, demand: Demand, refused: Secret | undefined): Promise<Authorization> {
    const { login, key } = caller.candidate;
    const direct = directAuthorization(login, demand, route.origin);
    if (direct !== undefined) return direct;
    if (demand.kind === 'basic') throw loginUnfit(route.authority, key, 'an identity token');
    return this.#withToken(caller, route, demand, refused);
  }

  /** Tells tokens apart by everything that they depend on: who issued them for whom and what. */
  tokenKey(caller: Caller, route: Route, demand: BearerDemand): string {
    const scopes = this.#scopes(caller, route).toSorted();
    return JSON.stringify([route.origin, demand.realm, demand.service, scopes, caller.candidate.fingerprint]);
  }

  async #withToken(
    caller: Caller,
    route: Route,
    demand: BearerDemand,
    refused: Secret | undefined,
  ): Promise<Authorization> {
    const { login, key } = caller.candidate;
    const realm = checkedRealm(demand.realm, route, login.kind !== 'anonymous');
    const scopes = this.#scopes(caller, route);
    const order = { registry: route, host: caller.host, realm, service: demand.service, scopes, login, key };
    const tokenKey = this.tokenKey(caller, route, demand);
    const options = { signal: caller.signal, refused };
    const obtained = await this.#tokens.obtain(tokenKey, options, async (signal, attempts) =>
      this.#service.issue(order, attempts, signal),
    );
    for (const attempt of obtained.attempts) caller.attempts.add(attempt);
    return tokenAuthorization(route.origin, { key: tokenKey, value: obtained.token, isNew: obtained.isNew });
  }

  #usableDemand(caller: Caller, route: Route): Demand | undefined {
    return mayCarryLogin(caller, route) ? this.#memory.demand(route.origin) : undefined;
  }

  #scopes(caller: Caller, route: Route): readonly string[] {
    const { path } = caller.reference;
    return scopesFor(path, this.#memory.scopes(route.origin, path));
  }
}

/** Whether what proves this caller's identity may go to this route; who has no login has nothing to lose. */
export function mayCarryLogin(caller: Caller, route: Route): boolean {
  return route.credentialsAllowed || caller.candidate.login.kind === 'anonymous';
}

/** What needs no token service: Basic where Basic is asked for, and a registry token as it is. */
function directAuthorization(login: Login, demand: Demand, origin: string): Authorization | undefined {
  if (login.kind === 'registry-token') return { origin, header: bearerAuthorization(login.token) };
  const basic = demand.kind === 'basic' ? basicLoginOf(login) : undefined;
  return basic === undefined ? undefined : { origin, header: basicAuthorization(basic) };
}

function tokenAuthorization(origin: string, token: NonNullable<Authorization['token']>): Authorization {
  return { origin, header: bearerAuthorization(token.value), token };
}
