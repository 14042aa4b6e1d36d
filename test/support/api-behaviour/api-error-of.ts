import { ApiError } from '../../../src/kubernetes/api-error.ts';

/** The error that the work ends with. */
export async function apiErrorOf(work: Promise<unknown>): Promise<ApiError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
}
