import type { Clock } from '../../core/clock.ts';
import { abortError } from '../../core/deadline.ts';
import type { Lease } from './lease.ts';
import { endedWaiting, pendingError } from './pool-errors.ts';
import type { Waiter } from './waiter.ts';

interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `--pod-ready-timeout`. */
  readonly timeoutMs: number;
  /** Enters the queue. */
  readonly place: () => void;
  /** Leaves the queue; called in every case. */
  readonly leave: () => void;
  /** What is waited for, for the errors. */
  readonly describe: () => { readonly image: string; readonly podName: string; readonly lastMessage: string };
}

/**
 * Waits for a lease as long as the caller does, and no longer than a pod may take to start.
 *
 * @throws {RunnerError} `POD_PENDING`, why the signal aborted, and what the waiter was failed with
 */
export async function awaitLease(waiter: Waiter, waiting: Waiting): Promise<Lease> {
  const { clock, signal, timeoutMs, describe } = waiting;
  const over = new AbortController();
  const onAbort = (): void => {
    const named = describe();
    waiter.fail(endedWaiting(abortError(signal), named, named.lastMessage));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  clock.delay(timeoutMs, over.signal).then(
    () => {
      const named = describe();
      waiter.fail(pendingError(named, timeoutMs, named.lastMessage));
    },
    () => undefined,
  );
  try {
    waiting.place();
    return await waiter.lease;
  } finally {
    over.abort();
    signal.removeEventListener('abort', onAbort);
    waiting.leave();
  }
}
