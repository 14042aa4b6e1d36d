import { RunnerError } from '../../src/core/errors.ts';

/** The error that the work fails with; fails when it does not, or with an error that is none of ours. */
export async function failureOf(work: Promise<unknown>): Promise<RunnerError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof RunnerError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
