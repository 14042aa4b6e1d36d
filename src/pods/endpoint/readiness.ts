import type { Clock } from '../../core/clock.ts';
import { abortError } from '../../core/deadline.ts';

/** What an in-pod server says about itself; `silent` when nobody answers. */
export type Health = 'serving' | 'not-serving' | 'silent';

const firstDelayMs = 20;
const maxDelayMs = 200;

/**
 * Asks until the answer is `serving`, ever more slowly from 20 to 200 ms.
 *
 * @param ask throws what the server will never get over
 * @throws {RunnerError} why `signal` aborted, and what `ask` throws
 */
export async function untilServing(
  ask: (signal: AbortSignal) => Promise<Health>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 1.5, maxDelayMs)) {
    if (signal.aborted) throw abortError(signal);
    if ((await ask(signal)) === 'serving') return;
    try {
      await clock.delay(delayMs, signal);
    } catch {
      throw abortError(signal);
    }
  }
}
