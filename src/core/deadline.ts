import { RunnerError } from './errors.ts';

interface Deadline {
  readonly atMs: number;
  readonly parent: AbortSignal | undefined;
}

const deadlines = new WeakMap<AbortSignal, Deadline>();

/** Notes when a signal will abort by itself, in milliseconds since the epoch; an earlier end of its parent counts too. */
export function noteDeadline(signal: AbortSignal, parent: AbortSignal | undefined, atMs: number): void {
  deadlines.set(signal, { atMs, parent });
}

/** Work that callers share may go on until the last of them gives up: adds one who waits for it. */
export function shareDeadline(shared: AbortSignal, caller: AbortSignal | undefined): void {
  const known = deadlines.get(shared)?.atMs ?? -Infinity;
  deadlines.set(shared, { atMs: Math.max(known, deadlineOf(caller)), parent: undefined });
}

/** How long until the signal aborts by itself, in milliseconds; Infinity when nobody has said. */
export function remainingMs(signal: AbortSignal): number {
  return deadlineOf(signal) - Date.now();
}

/** Why the signal aborted, as an error of ours: its own reason, else `CANCELLED`. */
export function abortError(signal: AbortSignal): RunnerError {
  const reason: unknown = signal.reason;
  return reason instanceof RunnerError
    ? reason
    : new RunnerError('CANCELLED', 'the call was cancelled', { cause: reason });
}

function deadlineOf(signal: AbortSignal | undefined): number {
  const deadline = signal === undefined ? undefined : deadlines.get(signal);
  return deadline === undefined ? Infinity : Math.min(deadline.atMs, deadlineOf(deadline.parent));
}
