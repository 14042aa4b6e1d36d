import { retryAfterSeconds } from '../../core/retry-after.ts';
import type { Signal } from '../trust/signals.ts';

/** Registry-behaviour 5.8, RT8. */
const maxAttempts = 4;
const baseDelayMs = 500;
const maxDelayMs = 10_000;
const maxRetryAfterMs = 60_000;
const retriedStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** One exchange that did not bring what was asked for: an answer that may be temporary, or none. */
export type Setback =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter: string | undefined }
  | { readonly kind: 'signal'; readonly signal: Signal };

export interface RetryState {
  readonly method: 'GET' | 'POST';
  /** All so far, the newest last. */
  readonly setbacks: readonly Setback[];
  /** Until the caller's deadline. */
  readonly remainingMs: number;
  readonly nowMs: number;
  /** 0 to 1. */
  readonly jitter: number;
}

export function isRetriedStatus(status: number): boolean {
  return retriedStatuses.has(status);
}

/** How long to wait before asking once more, in milliseconds; undefined when the last setback is the answer. */
export function retryDelayMs(state: RetryState): number | undefined {
  const last = state.setbacks.at(-1);
  if (last === undefined || state.setbacks.length >= maxAttempts || !isWorthwhile(last, state)) return undefined;
  const asked = last.kind === 'status' ? retryAfterSeconds(last.retryAfter, state.nowMs) : undefined;
  const backOffMs = Math.min(maxDelayMs, baseDelayMs * 2 ** (state.setbacks.length - 1)) * state.jitter;
  const delayMs = asked === undefined ? backOffMs : asked * 1000;
  return delayMs <= Math.min(maxRetryAfterMs, state.remainingMs) ? delayMs : undefined;
}

/** A label for the counter. */
export function setbackLabel(setback: Setback): string {
  return setback.kind === 'status' ? String(setback.status) : setback.signal.kind;
}

function isWorthwhile(last: Setback, { method, setbacks }: RetryState): boolean {
  if (last.kind === 'status') return isRetriedStatus(last.status);
  const { kind, retry } = last.signal;
  if (retry !== 'yes') return retry === 'once' && countSignals(setbacks, (signal) => signal.kind === kind) === 1;
  // RT9: a POST whose answer was lost may have been carried out.
  const lost = countSignals(setbacks, (signal) => signal.mayHaveArrived);
  return method !== 'POST' || !last.signal.mayHaveArrived || lost <= 1;
}

function countSignals(setbacks: readonly Setback[], wanted: (signal: Signal) => boolean): number {
  return setbacks.filter((setback) => setback.kind === 'signal' && wanted(setback.signal)).length;
}
