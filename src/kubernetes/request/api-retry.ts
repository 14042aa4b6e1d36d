import { retryAfterSeconds } from '../../core/retry-after.ts';

const maxAttempts = 4;
const baseDelayMs = 200;
const maxDelayMs = 5000;
const maxRetryAfterMs = 30_000;

/** A write that did not bring an answer of its own: the server put it off, or the connection was lost. */
export interface Setback {
  /** 0 when there was no answer: then the write may have been carried out. */
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** 429 and 5xx; 501 and 505 say that it will never be otherwise. */
export function isTemporary(status: number): boolean {
  return status === 0 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** How long to wait before the write is sent once more, in milliseconds; undefined when the last setback is the answer. */
export function retryDelayMs(state: {
  /** All so far, the newest last. */
  readonly setbacks: readonly Setback[];
  /** Until the caller's deadline. */
  readonly remainingMs: number;
  readonly nowMs: number;
  /** 0 to 1. */
  readonly random: number;
}): number | undefined {
  const last = state.setbacks.at(-1);
  if (last === undefined || state.setbacks.length >= maxAttempts || !isTemporary(last.status)) return undefined;
  const askedSeconds = retryAfterSeconds(last.retryAfter, state.nowMs);
  const backOffMs = Math.min(maxDelayMs, baseDelayMs * 2 ** (state.setbacks.length - 1)) * (0.5 + state.random / 2);
  const delayMs = askedSeconds === undefined ? backOffMs : askedSeconds * 1000 + backOffMs;
  return delayMs <= Math.min(maxRetryAfterMs, state.remainingMs) ? delayMs : undefined;
}
