import NodeCache from 'node-cache';

import type { Clock } from '../core/clock.ts';
import { type ErrorCode, RunnerError } from '../core/errors.ts';

interface Refusal {
  readonly error: RunnerError;
  readonly untilMs: number;
}

const refusalMs = 30_000;
/** A registry that asks for more is asked again all the same. */
const maxRateLimitMs = 60 * 60 * 1000;
const maxEntries = 10_000;
/** The registry answered 404, 401 or 403: asking again at once gives the same. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'MAN_NOT_FOUND',
  'REPO_NOT_FOUND',
  'BLOB_UNKNOWN',
  'NOT_A_REGISTRY',
  'AUTH_DENIED',
  'AUTH_REFUSED',
  'AUTH_FORBIDDEN',
]);

/** Remembers a registry's "no" for 30 seconds, and its "too many requests" for as long as it said. */
export class NegativeCache {
  readonly #cache = new NodeCache({ useClones: false, checkperiod: 60 });
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The error to give again; that of a rate limit says how long there is still to wait. */
  get(key: string): RunnerError | undefined {
    const refusal = this.#cache.get<Refusal>(key);
    if (refusal === undefined) return undefined;
    const remainingMs = refusal.untilMs - this.#clock.now();
    if (remainingMs <= 0) {
      this.#cache.del(key);
      return undefined;
    }
    const { error } = refusal;
    if (error.code !== 'RATE_LIMITED') return error;
    return new RunnerError(error.code, error.message, {
      ...error.details,
      retryAfterSeconds: Math.ceil(remainingMs / 1000),
    });
  }

  set(key: string, error: RunnerError): void {
    const forMs = timeOf(error);
    if (forMs === 0) return;
    // The oldest tenth goes: whoever causes many must not keep those of others out.
    if (this.#cache.getStats().keys >= maxEntries) this.#cache.del(this.#cache.keys().slice(0, maxEntries / 10));
    const refusal: Refusal = Object.freeze({ error, untilMs: this.#clock.now() + forMs });
    this.#cache.set(key, refusal, forMs / 1000);
  }

  delete(key: string): void {
    this.#cache.del(key);
  }

  close(): void {
    this.#cache.flushAll();
    this.#cache.close();
  }
}

function timeOf(error: RunnerError): number {
  if (error.code === 'RATE_LIMITED') return Math.min((error.details.retryAfterSeconds ?? 0) * 1000, maxRateLimitMs);
  return refusals.has(error.code) ? refusalMs : 0;
}
