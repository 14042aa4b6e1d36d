import type { ConnectionStep } from '../core/attempt.ts';
import { RunnerError, toRunnerError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import type { Candidate, Login } from '../credentials/candidate.ts';
import type { Reference } from '../image/reference.ts';
import { brokenEntry, credentialsInClear, loginRefused, loginUnfit } from './auth/auth-error.ts';
import { basicAuthorization, basicLoginOf, loginSecrets } from './auth/basic.ts';
import { parseChallenges } from './auth/challenge.ts';
import { chooseDemand, type Demand } from './auth/demand.ts';
import { checkedRealm } from './auth/realm.ts';
import { bearerAuthorization, grantedActions } from './auth/token-access.ts';
import type { TokenOrder, TokenService } from './auth/token-service.ts';
import { readErrorBody, type ErrorBody } from './error-body.ts';
import type { RegistryHosts } from './mirrors/host-line.ts';
import { notARegistry } from './registry-error.ts';
import { apiPath, extraHeaders, type RegistryHost } from './registry-host.ts';
import { allHeaders } from './transport/http-header.ts';
import type { Route, Transport, TransportResponse } from './transport/transport.ts';
import { AttemptLog } from './trust/attempt-log.ts';
import { userAgent } from './user-agent.ts';

/** Who would log in where, and for which repository. */
export interface ProbeQuestion {
  readonly registry: Pick<Reference, 'domain' | 'apiHost'>;
  readonly candidate: Candidate;
  /** Path of a repository that the login is for; undefined: none is known. */
  readonly repository: string | undefined;
}

export interface ProbeAnswer {
  readonly connection: ConnectionStep;
  /** `not-asked`: the registry wants no login, at least for nothing. `none`: it wants one and there is none. */
  readonly login: 'accepted' | 'not-asked' | 'none';
  /** What the login may do with the repository; undefined where the registry does not tell. */
  readonly actions: readonly string[] | undefined;
}

interface Parts {
  readonly transport: Transport;
  readonly service: TokenService;
  readonly hosts: RegistryHosts;
}

interface Visit {
  readonly host: RegistryHost;
  readonly attempts: AttemptLog;
  readonly signal: AbortSignal;
}

/**
 * Looks whether a registry lets a login in, by what asks for nothing: `/v2/`, and its token service, whose tokens mostly
 * tell what they allow. No upload is begun and nothing is changed.
 */
export class LoginProbe {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws {RunnerError} `AUTH_…`, `NOT_A_REGISTRY`, `CFG_ENTRY_AUTH`, and what {@link Transport.send} throws */
  async ask(question: ProbeQuestion, signal: AbortSignal): Promise<ProbeAnswer> {
    const { registry, candidate } = question;
    if (candidate.kind === 'broken') throw brokenEntry(candidate);
    const host = (await this.#parts.hosts.hostsOf(registry)).at(-1);
    if (host === undefined) throw new RunnerError('INTERNAL', `there is no host for ${registry.domain}`);
    const visit = { host, attempts: new AttemptLog(), signal };
    const { response, body } = await this.#get(visit, undefined, []);
    const { route, status } = response;
    if (status === 200 && body.isHtml) throw notARegistry(host.endpoint.authority, status);
    if (status === 200) return { connection: route.step, login: 'not-asked', actions: undefined };
    if (status !== 401) throw oddAnswer(route, status);
    if (candidate.login.kind === 'anonymous') return { connection: route.step, login: 'none', actions: undefined };
    if (!route.credentialsAllowed) throw credentialsInClear(route, candidate.key);
    const { demand } = chooseDemand(parseChallenges(allHeaders(response.headers, 'www-authenticate'), []));
    const actions = await this.#logIn(visit, route, demand, { ...question, ...candidate });
    return { connection: route.step, login: 'accepted', actions };
  }

  async #logIn(
    visit: Visit,
    route: Route,
    demand: Demand,
    {
      login,
      key,
      repository,
    }: { readonly login: Login; readonly key: string; readonly repository: string | undefined },
  ): Promise<readonly string[] | undefined> {
    if (login.kind === 'registry-token') {
      await this.#show(visit, bearerAuthorization(login.token), loginSecrets(login), key);
      return grantedActions(login.token, repository);
    }
    const basic = demand.kind === 'basic' ? basicLoginOf(login) : undefined;
    if (basic !== undefined) await this.#show(visit, basicAuthorization(basic), loginSecrets(login), key);
    if (basic !== undefined) return undefined;
    if (demand.kind === 'basic') throw loginUnfit(route.authority, key, 'an identity token');
    const realm = checkedRealm(demand.realm, route, true);
    const order = { registry: route, host: visit.host, realm, service: demand.service, login, key };
    const { token } = await this.#parts.service.issue({ ...order, scopes: [] }, visit.attempts, visit.signal);
    await this.#show(visit, bearerAuthorization(token), [...loginSecrets(login), token], key);
    return repository === undefined ? undefined : this.#actions(visit, order, repository);
  }

  /** Asked for more than it may get, a token service gives what it may, or refuses: then nothing is known. */
  async #actions(
    visit: Visit,
    order: Omit<TokenOrder, 'scopes'>,
    repository: string,
  ): Promise<readonly string[] | undefined> {
    const scopes = [`repository:${repository}:pull,push`];
    try {
      const { token } = await this.#parts.service.issue({ ...order, scopes }, visit.attempts, visit.signal);
      return grantedActions(token, repository);
    } catch (thrown) {
      if (toRunnerError(thrown).code !== 'AUTH_REFUSED') throw thrown;
      return undefined;
    }
  }

  async #show(visit: Visit, authorization: Secret, secrets: readonly Secret[], key: string): Promise<void> {
    const { response, body } = await this.#get(visit, authorization, secrets);
    const { route, status } = response;
    if (status === 401 || status === 403) throw loginRefused(route.authority, key, body.text);
    if (status !== 200) throw oddAnswer(route, status);
  }

  async #get(
    { host, attempts, signal }: Visit,
    authorization: Secret | undefined,
    secrets: readonly Secret[],
  ): Promise<{ readonly response: TransportResponse; readonly body: ErrorBody }> {
    const response = await this.#parts.transport.send({
      target: { kind: 'registry', endpoint: host.endpoint, path: apiPath(host, '/') },
      method: 'GET',
      headers: { 'user-agent': userAgent },
      nodeHeaders: extraHeaders(host),
      authorize: (route) => (route.credentialsAllowed ? authorization : undefined),
      attempts,
      signal,
    });
    return { response, body: await readErrorBody(response, signal, secrets) };
  }
}

function oddAnswer({ authority }: Route, status: number): RunnerError {
  return new RunnerError('NOT_A_REGISTRY', `${authority} answers ${String(status)} at /v2/, which registries do not`, {
    httpStatus: status,
    hint: `Check that ${authority} is a registry, and that what stands before it passes /v2/ on.`,
  });
}
