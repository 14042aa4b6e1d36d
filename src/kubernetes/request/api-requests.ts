import { withTimeout } from '../../core/abort.ts';
import { abortError, remainingMs } from '../../core/deadline.ts';
import { RunnerError } from '../../core/errors.ts';
import { decodeJson, isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ApiClientOptions } from './api-client-options.ts';
import { ApiError } from '../api-error.ts';
import { type ApiAction, noAnswerError, parseStatus, refusalError } from './api-failure.ts';
import { isTemporary, retryDelayMs, type Setback } from './api-retry.ts';
import type { ApiWire, WireAnswer, WireRequest } from './api-wire.ts';
import { readAll } from './read-all.ts';

export interface ApiCall {
  readonly action: ApiAction;
  readonly request: WireRequest;
  /** Tells what was asked for from the JSON of a proxy or login page in between. */
  readonly isAnswer: (value: JsonObject) => boolean;
}

export type WriteOutcome =
  | { readonly kind: 'done'; readonly object: JsonObject }
  /** `mayBeDone`: an earlier try got no clear answer and may have been carried out. */
  | { readonly kind: 'refused'; readonly error: ApiError; readonly mayBeDone: boolean };

const maxAnswerBytes = 64 * 1024 * 1024;
const maxRefusalBytes = 256 * 1024;

/** Requests as the API server counts them: each one bounded, counted and turned into an object or an {@link ApiError}. */
export class ApiRequests {
  readonly #options: Required<Omit<ApiClientOptions, 'dispatcher'>>;
  readonly #wire: ApiWire;

  constructor(options: Required<Omit<ApiClientOptions, 'dispatcher'>>, wire: ApiWire) {
    this.#options = options;
    this.#wire = wire;
  }

  /** @throws {RunnerError} */
  async once(call: ApiCall, signal: AbortSignal): Promise<JsonObject> {
    const answer = await this.#tryOnce(call, signal);
    if (answer.kind === 'object') return answer.object;
    throw answer.error;
  }

  /** Repeated while it may help. @throws {RunnerError} `CANCELLED`, `DEADLINE` and what credentials throw */
  async write(call: ApiCall, signal: AbortSignal): Promise<WriteOutcome> {
    const { clock, counters, random } = this.#options;
    const setbacks: Setback[] = [];
    for (;;) {
      const answer = await this.#tryOnce(call, signal);
      if (answer.kind === 'object') return { kind: 'done', object: answer.object };
      const { error, retryAfter } = answer;
      const mayBeDone = setbacks.some(({ status }) => status !== 429);
      if (!isTemporary(error.status)) return { kind: 'refused', error, mayBeDone };
      setbacks.push({ status: error.status, retryAfter });
      const state = { setbacks, remainingMs: remainingMs(signal), nowMs: clock.now(), random: random() };
      const delayMs = retryDelayMs(state);
      if (delayMs === undefined) return { kind: 'refused', error, mayBeDone: true };
      counters.add('api_retries', { reason: error.status === 0 ? 'no answer' : String(error.status) });
      await clock.delay(delayMs, signal);
    }
  }

  /** The body of an answer that goes on; the caller destroys it. @throws {RunnerError} when there is no such answer */
  async stream(call: ApiCall, signal: AbortSignal): Promise<WireAnswer['body']> {
    const answer = await this.#send(call, signal);
    if (answer instanceof ApiError) throw answer;
    if (answer.status === 200) return answer.body;
    using bound = withTimeout(signal, this.#options.requestTimeoutMs, 'the request');
    throw await this.#refusal(call.action, answer, bound.signal);
  }

  async #tryOnce(
    call: ApiCall,
    signal: AbortSignal,
  ): Promise<
    | { readonly kind: 'object'; readonly object: JsonObject }
    | { readonly kind: 'error'; readonly error: ApiError; readonly retryAfter: string | undefined }
  > {
    using bound = withTimeout(signal, this.#options.requestTimeoutMs, 'the request');
    const answer = await this.#send(call, bound.signal, signal);
    if (answer instanceof ApiError) return { kind: 'error', error: answer, retryAfter: undefined };
    if (answer.status >= 200 && answer.status < 300) {
      const object = await this.#object(call, answer, bound.signal, signal);
      return object instanceof ApiError
        ? { kind: 'error', error: object, retryAfter: undefined }
        : { kind: 'object', object };
    }
    const error = await this.#refusal(call.action, answer, bound.signal);
    return { kind: 'error', error, retryAfter: answer.retryAfter };
  }

  /** What the caller's signal ends is thrown; all else that brings no answer is given. */
  async #send({ action, request }: ApiCall, signal: AbortSignal, caller = signal): Promise<WireAnswer | ApiError> {
    const { access, counters, log } = this.#options;
    const startMs = Date.now();
    const note = (status: number): void => {
      counters.add('api_requests', { verb: action.verb, resource: action.resource, status: String(status) });
      log.trace('API request', { ...action, status, ms: Date.now() - startMs });
    };
    try {
      const answer = await this.#wire.send(request, signal);
      note(answer.status);
      return answer;
    } catch (thrown) {
      if (caller.aborted) throw abortError(caller);
      if (thrown instanceof RunnerError && !signal.aborted) throw thrown;
      note(0);
      return noAnswerError(action, access.server, thrown);
    }
  }

  async #object(
    { action, isAnswer }: ApiCall,
    answer: WireAnswer,
    signal: AbortSignal,
    caller: AbortSignal,
  ): Promise<JsonObject | ApiError> {
    try {
      const value = decodeJson(await readAll(answer.body, maxAnswerBytes, signal));
      if (isJsonObject(value) && isAnswer(value)) return value;
      throw new SyntaxError('the answer is not what was asked for');
    } catch (thrown) {
      if (caller.aborted) throw abortError(caller);
      return noAnswerError(action, this.#options.access.server, thrown);
    }
  }

  async #refusal(action: ApiAction, answer: WireAnswer, signal: AbortSignal): Promise<ApiError> {
    const bytes = await readAll(answer.body, maxRefusalBytes, signal).catch(() => Buffer.alloc(0));
    return refusalError(action, this.#options.access.server.host, parseStatus(bytes, answer.status));
  }
}
