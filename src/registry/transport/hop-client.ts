import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import { abortError, remainingMs } from '../../core/deadline.ts';
import { RunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Agents } from './agents.ts';
import { cutShort } from './body.ts';
import { tlsAddress } from '../endpoint.ts';
import { locationOf } from './follow.ts';
import { checkAddresses, urlOf } from './hop.ts';
import type { Hop } from './hop.ts';
import { firstHeader } from './http-header.ts';
import { prefetched } from './prefetch.ts';
import { requestHeaders } from './request-headers.ts';
import { isRetriedStatus, retryDelayMs, setbackLabel } from './retry.ts';
import type { Setback } from './retry.ts';
import { shownUrl } from '../../core/safe-text.ts';
import { classifyError } from '../trust/signals.ts';
import type { Slots } from './slots.ts';
import { tlsPortComplaint } from '../trust/tls-port.ts';
import type { Timeouts } from './transport-options.ts';
import type { Route, TransportRequest } from './transport-request.ts';
import type { CallResult, TrustChain } from '../trust/trust-chain.ts';
import type { Way } from './ways.ts';
import { exchange } from './wire.ts';
import type { WireAnswer } from './wire.ts';

export interface HopClientOptions {
  readonly chain: TrustChain;
  readonly agents: Agents;
  readonly slots: Slots;
  /** For downloads, which may take long. */
  readonly bulkSlots: Slots;
  readonly timeouts: Timeouts;
  readonly random: () => number;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock: Clock;
}

export interface HopAnswer {
  readonly answer: WireAnswer;
  readonly route: Route;
}

/** Asks one host, as often as the retry rules say; redirects are answers here. */
export class HopClient {
  readonly #options: HopClientOptions;

  constructor(options: HopClientOptions) {
    this.#options = options;
  }

  /** Throws when no answer came; an answer that may be temporary is given after the last retry. */
  async ask(hop: Hop, request: TransportRequest): Promise<HopAnswer> {
    const setbacks: Setback[] = [];
    for (;;) {
      const result = await this.#askOnce(hop, request);
      const setback = setbackOf(result);
      if (setback !== undefined) setbacks.push(setback);
      const delayMs = setback === undefined ? undefined : this.#retryDelayMs(request, setbacks);
      if (setback === undefined || delayMs === undefined) {
        if (result.kind === 'failure') throw result.error;
        return { answer: result.answer, route: routeOf(hop, result.way) };
      }
      if (result.kind === 'answer') result.answer.discard();
      await this.#pause(hop, request, setback, delayMs);
    }
  }

  async #askOnce(hop: Hop, request: TransportRequest): Promise<CallResult> {
    const { attempts, signal } = request;
    const { endpoint } = hop;
    const result = await this.#options.chain.call({
      endpoint,
      attempts,
      signal,
      send: async (way) => this.#send(hop, request, way),
    });
    if (result.kind === 'failure' || request.bulk === true || locationOf(result.answer) !== undefined) return result;
    const { answer, way } = result;
    try {
      const body = await prefetched(answer.body, signal, `the answer of ${endpoint.authority}`);
      return { kind: 'answer', answer: { ...answer, body }, way };
    } catch (thrown) {
      if (thrown instanceof RunnerError) throw thrown;
      return { kind: 'failure', signal: classifyError(thrown), error: cutShort(endpoint.authority, thrown) };
    }
  }

  #retryDelayMs({ method, once, signal }: TransportRequest, setbacks: readonly Setback[]): number | undefined {
    if (once === true) return undefined;
    const { clock, random } = this.#options;
    return retryDelayMs({
      method,
      setbacks,
      remainingMs: remainingMs(signal),
      nowMs: clock.now(),
      jitter: random(),
    });
  }

  async #pause(hop: Hop, request: TransportRequest, setback: Setback, delayMs: number): Promise<void> {
    const { log, counters, clock } = this.#options;
    const reason = setbackLabel(setback);
    counters.add('registry_retries', { reason });
    log.debug('asking again after a temporary failure', { host: hop.endpoint.authority, reason, delayMs });
    try {
      await clock.delay(delayMs, request.signal);
    } catch (thrown) {
      throw request.signal.aborted ? abortError(request.signal) : thrown;
    }
  }

  async #send(hop: Hop, request: TransportRequest, way: Way): Promise<WireAnswer | 'wants-tls'> {
    checkAddresses(hop, way.route);
    const { slots, bulkSlots } = this.#options;
    const release = await (request.bulk === true ? bulkSlots : slots).take(tlsAddress(hop.endpoint), request.signal);
    try {
      const answer = await this.#exchange(hop, request, way);
      answer.body.once('close', release);
      return way.route.step === 'plaintext' ? await tlsPortComplaint(answer) : answer;
    } catch (thrown) {
      release();
      throw thrown;
    }
  }

  async #exchange(hop: Hop, request: TransportRequest, way: Way): Promise<WireAnswer> {
    const { agents, timeouts, log, counters, clock } = this.#options;
    const route = routeOf(hop, way);
    const startedAtMs = clock.now();
    const url = shownUrl(urlOf(hop, route));
    let status = 'none';
    try {
      const answer = await exchange(
        agents.agentFor(way.setting),
        {
          origin: route.origin,
          path: hop.path,
          method: request.method,
          headers: requestHeaders(hop, request, route),
          body: hop.own ? request.body : undefined,
          signal: request.signal,
        },
        timeouts,
      );
      status = String(answer.status);
      return answer;
    } finally {
      counters.add('registry_requests', { kind: hop.kind, status });
      log.trace('request', {
        method: request.method,
        url,
        step: route.step,
        status,
        elapsedMs: clock.now() - startedAtMs,
      });
    }
  }
}

function setbackOf(result: CallResult): Setback | undefined {
  if (result.kind === 'failure') {
    const { error, signal } = result;
    return error.code === 'UNREACHABLE' && signal !== undefined ? { kind: 'signal', signal } : undefined;
  }
  const { status, headers } = result.answer;
  if (!isRetriedStatus(status)) return undefined;
  return { kind: 'status', status, retryAfter: firstHeader(headers, 'retry-after') };
}

/** The route as this hop may use it: credentials neither follow a redirect nor go to a service that an unprotected registry named. */
function routeOf(hop: Hop, { route }: Way): Route {
  const allowed = hop.kind === 'token' ? hop.sender?.credentialsAllowed === true : true;
  return { ...route, credentialsAllowed: route.credentialsAllowed && hop.own && allowed };
}
