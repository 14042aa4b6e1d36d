import type { Log } from '../core/log.ts';

/** What a handler knows of the call it answers. */
export interface CallContext {
  /** Aborts when the caller goes away, its deadline passes, or the server is forced to stop. The reason is a RunnerError. */
  readonly signal: AbortSignal;
  /** Every line carries the request's id. */
  readonly log: Log;
}
