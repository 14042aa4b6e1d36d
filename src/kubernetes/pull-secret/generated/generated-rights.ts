import { RunnerError } from '../../../core/errors.ts';
import { ApiError } from '../../api-error.ts';

/** Says what the Role has to allow, where it does not. @throws what `work` throws */
export async function withHint<T>(work: Promise<T>, namespace: string): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.status !== 403) throw thrown;
    throw new RunnerError(thrown.code, thrown.message, {
      ...thrown.details,
      hint: `Credentials of helpers, providers and callers need pull secrets of other names in namespace ${namespace}: apply manifests/components/generated-pull-secrets, which allows get, list, watch, create, patch and delete of secrets there, and restart the service.`,
    });
  }
}
