import type { CallerLogin } from '../credentials/caller.ts';
import type { Log, LogValues } from '../core/log.ts';

/** What a handler knows of the call it answers. */
export interface CallContext {
  /** Aborts when the caller goes away, its deadline passes, or the server is forced to stop. The reason is a RunnerError. */
  readonly signal: AbortSignal;
  /** The registry login that came with the call. */
  readonly caller: CallerLogin | undefined;
  /** Every line carries the method. */
  readonly log: Log;
  /** Values for the one line that says at level 3 that the call was answered. */
  note(values: LogValues): void;
}
