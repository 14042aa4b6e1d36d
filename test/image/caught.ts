import { RunnerError } from '../../src/core/errors.ts';

/** The {@link RunnerError} that `work` throws; anything else, or nothing, fails the test. */
export function caughtFrom(work: () => unknown): RunnerError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof RunnerError) return thrown;
    throw thrown;
  }
  throw new Error('expected a RunnerError, nothing was thrown');
}
