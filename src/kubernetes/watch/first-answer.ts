import type { Clock } from '../../core/clock.ts';
import { RunnerError } from '../../core/errors.ts';
import { backOffMs } from './watch-end.ts';

const maxAttempts = 6;

/**
 * The first look at a resource, repeated for some seconds while the API server is away, as it may be when a node comes up.
 *
 * @throws {RunnerError} at once when it is refused; the last one when it never answers
 */
export async function firstAnswer<T>(
  look: () => Promise<T>,
  { clock, random, signal }: { readonly clock: Clock; readonly random: () => number; readonly signal: AbortSignal },
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await look();
    } catch (thrown) {
      const mayPass = thrown instanceof RunnerError && thrown.code === 'CLUSTER_UNAVAILABLE';
      if (!mayPass || attempt >= maxAttempts || signal.aborted) throw thrown;
      await clock.delay(backOffMs(attempt, random()), signal);
    }
  }
}
