import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import { RunnerError, toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Login } from '../../credentials/candidate.ts';
import type { AttemptLog } from '../trust/attempt-log.ts';
import { loginRefused } from './auth-error.ts';
import { loginSecrets } from './basic.ts';
import { readBody } from '../transport/body.ts';
import { readErrorBody } from '../error-body.ts';
import { ForeignRealms } from './foreign-realms.ts';
import { firstHeader } from '../transport/http-header.ts';
import { realmError } from './realm.ts';
import { rateHint, said, statusLine, whenToRetry } from '../registry-error.ts';
import { retryAfterSeconds } from '../../core/retry-after.ts';
import { shownUrl } from '../../core/safe-text.ts';
import type { TokenDelivery } from './token-cache.ts';
import { tokenQuestions } from './token-request.ts';
import type { TokenQuestion, TokenSubject } from './token-request.ts';
import { parseTokenResponse } from './token-response.ts';
import type { IssuedToken } from './token-response.ts';
import type { Route, Transport, TransportResponse } from '../transport/transport.ts';
import { extraHeaders } from '../registry-host.ts';
import type { RegistryHost } from '../registry-host.ts';
import { userAgent } from '../user-agent.ts';

/** A token for one login; the realm has been checked already. */
export interface TokenOrder extends TokenSubject {
  readonly registry: Route;
  readonly host: RegistryHost;
  readonly login: Login;
  /** The key of the credentials file, for messages. */
  readonly key: string;
}

export interface TokenServiceOptions {
  readonly transport: Transport;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock: Clock;
}

const maxAnswerBytes = 64 * 1024;
/** Token services that do not know refresh tokens answer one of these; then the user name and password get their turn. */
const otherWayStatuses: ReadonlySet<number> = new Set([400, 401, 404, 405]);

/** Asks token services for tokens. */
export class TokenService {
  readonly #options: TokenServiceOptions;
  readonly #foreignRealms: ForeignRealms;

  constructor(options: TokenServiceOptions) {
    this.#options = options;
    this.#foreignRealms = new ForeignRealms(options.log);
  }

  /** Throws `AUTH_REFUSED` or `AUTH_DENIED` (anonymous) when it says no, `AUTH_REALM`, `AUTH_TOKEN`, `RATE_LIMITED`, … */
  async issue(order: TokenOrder, attempts: AttemptLog, signal: AbortSignal): Promise<TokenDelivery> {
    try {
      const issued = await this.#ask(order, attempts, signal);
      return { ...issued, attempts: attempts.list };
    } catch (thrown) {
      throw toRunnerError(thrown).with({ attempts: attempts.list });
    }
  }

  async #ask(order: TokenOrder, attempts: AttemptLog, signal: AbortSignal): Promise<IssuedToken> {
    const questions = tokenQuestions(order, order.login);
    for (const [index, question] of questions.entries()) {
      const response = await this.#send(order, question, attempts, signal);
      if (order.login.kind !== 'anonymous') this.#foreignRealms.note(order.registry, order.realm);
      if (response.status >= 200 && response.status < 300) return this.#read(order, response, signal);
      const error = await this.#refusal(order, question, response, signal);
      this.#count(error.code === 'AUTH_REFUSED' || error.code === 'AUTH_DENIED' ? 'refused' : 'failed');
      if (index === questions.length - 1 || !otherWayStatuses.has(response.status)) throw error;
    }
    throw new RunnerError('INTERNAL', 'a login without a way to ask for a token');
  }

  async #send(
    order: TokenOrder,
    question: TokenQuestion,
    attempts: AttemptLog,
    signal: AbortSignal,
  ): Promise<TransportResponse> {
    const isForm = question.form !== undefined;
    try {
      return await this.#options.transport.send({
        target: { kind: 'token', url: question.url, registry: order.registry, tls: order.host.endpoint.tls },
        method: question.method,
        headers: {
          'user-agent': userAgent,
          accept: 'application/json',
          ...(isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        },
        nodeHeaders: extraHeaders(order.host),
        ...(question.form === undefined ? {} : { body: question.form.reveal().toString('utf8') }),
        authorize: (route) => (route.credentialsAllowed ? question.authorization : undefined),
        attempts,
        signal,
      });
    } catch (thrown) {
      this.#count('failed');
      const error = toRunnerError(thrown);
      throw error.code === 'ADDRESS_REFUSED'
        ? realmError(order.realm, order.registry, error.message, error)
        : ofTokenService(error, order);
    }
  }

  async #read(order: TokenOrder, response: TransportResponse, signal: AbortSignal): Promise<IssuedToken> {
    try {
      const issued = parseTokenResponse(await readBody(response, maxAnswerBytes, signal));
      this.#count('ok');
      return issued;
    } catch (thrown) {
      this.#count('failed');
      const error = toRunnerError(thrown);
      if (error.code !== 'AUTH_TOKEN' && error.code !== 'MAN_SIZE') throw error;
      throw new RunnerError('AUTH_TOKEN', `${shownUrl(order.realm)} gave no usable token: ${error.message}`, {
        cause: error,
        hint: `Check that ${shownUrl(order.realm)} is the token service of ${order.registry.authority}.`,
      });
    }
  }

  async #refusal(
    order: TokenOrder,
    question: TokenQuestion,
    response: TransportResponse,
    signal: AbortSignal,
  ): Promise<RunnerError> {
    const { status } = response;
    const body = await readErrorBody(response, signal, loginSecrets(order.login));
    const service = shownUrl(order.realm);
    const details = { httpStatus: status, registry: order.registry.authority };
    if (status === 401 || status === 403 || (status === 400 && question.method === 'POST')) {
      return refused(`the token service ${service}`, order, `${statusLine(status)}${said(body)}`);
    }
    if (status === 429) {
      const seconds = retryAfterSeconds(firstHeader(response.headers, 'retry-after'), this.#options.clock.now());
      const message = `the token service ${service} limits the rate of requests${whenToRetry(seconds)}${said(body)}`;
      return new RunnerError('RATE_LIMITED', message, {
        ...details,
        hint: rateHint,
        ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
      });
    }
    const message = `the token service ${service} answered ${statusLine(status)}${said(body)}`;
    const hint = `Ask whoever runs ${order.registry.authority} about its token service.`;
    return new RunnerError(status >= 500 ? 'REGISTRY_UNAVAILABLE' : 'AUTH_TOKEN', message, { ...details, hint });
  }

  #count(outcome: 'ok' | 'refused' | 'failed'): void {
    this.#options.counters.add('token_requests', { outcome });
  }
}

/** Nobody who names an image knows the host that its registry names. */
function ofTokenService(error: RunnerError, { registry }: TokenOrder): RunnerError {
  if (error.code === 'CANCELLED' || error.code === 'DEADLINE') return error;
  return new RunnerError(error.code, `the token service of ${registry.authority}: ${error.message}`, error.details);
}

/** `AUTH_DENIED` is for the caller to explain, who knows what was looked for. */
function refused(service: string, order: TokenOrder, words: string): RunnerError {
  if (order.login.kind !== 'anonymous') return loginRefused(service, order.key, words);
  return new RunnerError('AUTH_DENIED', `${service} gives no anonymous token: ${words}`);
}
