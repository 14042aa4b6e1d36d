import { RunnerError } from './errors.ts';

const deadlines = new WeakMap<AbortSignal, number>();

/** Notes when a signal will abort by itself, in milliseconds since the epoch; an earlier end of its parent wins. */
export function noteDeadline(signal: AbortSignal, parent: AbortSignal | undefined, atMs: number): void {
  deadlines.set(signal, Math.min(atMs, parent === undefined ? Infinity : (deadlines.get(parent) ?? Infinity)));
}

/** How long until the signal aborts by itself, in milliseconds; Infinity when nobody has said. */
export function remainingMs(signal: AbortSignal): number {
  return (deadlines.get(signal) ?? Infinity) - Date.now();
}

/** Why the signal aborted, as an error of ours: its own reason, else `CANCELLED`. */
export function abortError(signal: AbortSignal): RunnerError {
  const reason: unknown = signal.reason;
  return reason instanceof RunnerError
    ? reason
    : new RunnerError('CANCELLED', 'the call was cancelled', { cause: reason });
}
