import { setTimeout as wait } from 'node:timers/promises';

/** What came of calls that began by the clock. Times in milliseconds. */
export interface OpenLoop {
  /** Calls begun. */
  readonly begun: number;
  readonly failures: readonly string[];
  /** From the moment that a call was due to its end, sorted; a generator that is late shows here too. */
  readonly latenciesMs: readonly number[];
  /** Calls begun a second, over the whole time. */
  readonly perSecond: number;
  /** How much too late a call was begun at most. */
  readonly latestMs: number;
}

/** Begins a call every 1/`perSecond` s, whether or not earlier ones have ended, until `signal`; resolves when all have ended. */
export async function openLoop(
  perSecond: number,
  signal: AbortSignal,
  call: (index: number) => Promise<unknown>,
): Promise<OpenLoop> {
  const failures: string[] = [];
  const latenciesMs: number[] = [];
  const calls: Promise<void>[] = [];
  let latestMs = 0;
  const startMs = performance.now();
  for (let index = 0; !signal.aborted; index += 1) {
    const dueMs = startMs + (index * 1000) / perSecond;
    if (dueMs > performance.now()) await wait(dueMs - performance.now());
    const begunMs = performance.now();
    latestMs = Math.max(latestMs, begunMs - dueMs);
    const ended = (): void => {
      latenciesMs.push(performance.now() - dueMs);
    };
    calls.push(
      call(index)
        .then(ended, (error: unknown) => failures.push(String(error)))
        .then(() => undefined),
    );
  }
  const seconds = (performance.now() - startMs) / 1000;
  await Promise.all(calls);
  const sorted = latenciesMs.toSorted((one, other) => one - other);
  return { begun: calls.length, failures, latenciesMs: sorted, perSecond: calls.length / seconds, latestMs };
}
