import type { JsonObject } from '../../core/json.ts';
import type { FunctionConfigObject } from './function-config-object.ts';

/** Porch's own name for it, so that each version takes off what the other put on. */
const finalizer = 'config.porch.kpt.dev/functionconfig-function-runner';

/** The status has one field for the errors of all of Porch's parts. */
const errorPrefix = 'function-runner: ';

export type FunctionConfigDuty =
  | { readonly kind: 'none' }
  /** Merge patches; bound to the version that was looked at, since lists are replaced whole. */
  | { readonly kind: 'hold' | 'release'; readonly patch: JsonObject }
  | { readonly kind: 'tell'; readonly patch: JsonObject };

/**
 * What a FunctionConfig still needs from us: the finalizer while it is there, none once it is deleted, and in its status
 * which generation counts, or why this one does not.
 *
 * @param problem undefined when the object could be read
 */
export function dutyTo(object: FunctionConfigObject, problem: string | undefined): FunctionConfigDuty {
  const { finalizers, deletionMs } = object.metadata;
  const isHeld = finalizers.includes(finalizer);
  if (deletionMs !== undefined) {
    if (!isHeld) return { kind: 'none' };
    const others = finalizers.filter((each) => each !== finalizer);
    return { kind: 'release', patch: bound(object, { finalizers: others }) };
  }
  if (!isHeld) return { kind: 'hold', patch: bound(object, { finalizers: [...finalizers, finalizer] }) };
  const status = problem === undefined ? goodStatus(object) : badStatus(object, problem);
  if (Object.keys(status).length === 0) return { kind: 'none' };
  return { kind: 'tell', patch: { ...bound(object, {}), status } };
}

/** Another part's error is that part's to take back. */
function goodStatus({
  metadata: { generation },
  status: { observedGeneration, error },
}: FunctionConfigObject): JsonObject {
  return {
    ...(observedGeneration !== generation && { functionRunnerObservedGeneration: generation }),
    ...(error.startsWith(errorPrefix) && { error: null }),
  };
}

function badStatus({ status }: FunctionConfigObject, problem: string): JsonObject {
  const error = errorPrefix + problem;
  return status.error === error ? {} : { error };
}

function bound({ metadata: { resourceVersion } }: FunctionConfigObject, metadata: JsonObject): JsonObject {
  return { metadata: { resourceVersion, ...metadata } };
}
