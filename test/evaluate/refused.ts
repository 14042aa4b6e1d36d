import { RunnerError } from '../../src/core/errors.ts';

/** The error of ours that the promise is rejected with. */
export async function refused(promise: Promise<unknown>): Promise<RunnerError> {
  const thrown = await promise.then(
    () => new Error('it was taken'),
    (error: unknown) => error,
  );
  if (thrown instanceof RunnerError) return thrown;
  throw thrown instanceof Error ? thrown : new Error(String(thrown));
}
