import type { JsonObject } from '../../core/json.ts';
import type { Resource } from '../api.ts';
import type { ApiObject } from '../object.ts';
import { numberAt, objectAt, parseMeta, textAt } from '../object-meta.ts';

/** A FunctionConfig as it is in the cluster, its spec unread. */
export interface FunctionConfigObject extends ApiObject {
  readonly spec: JsonObject;
  readonly status: {
    /** `functionRunnerObservedGeneration`; 0 for none. */
    readonly observedGeneration: number;
    /** Shared with Porch's other parts; empty for none. */
    readonly error: string;
  };
}

export function functionConfigs(namespace: string): Resource<FunctionConfigObject> {
  const path = `/apis/config.porch.kpt.dev/v1alpha1/namespaces/${encodeURIComponent(namespace)}/functionconfigs`;
  return { name: 'functionconfigs', group: 'config.porch.kpt.dev', namespace, path, parse };
}

function parse(raw: JsonObject): FunctionConfigObject {
  const status = objectAt(raw, 'status');
  return {
    metadata: parseMeta(raw),
    raw,
    spec: objectAt(raw, 'spec'),
    status: {
      observedGeneration: numberAt(status, 'functionRunnerObservedGeneration'),
      error: textAt(status, 'error'),
    },
  };
}
