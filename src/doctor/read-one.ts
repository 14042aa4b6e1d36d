import { toRunnerError } from '../core/errors.ts';
import { ApiError } from '../kubernetes/api-error.ts';
import type { Resource } from '../kubernetes/api.ts';
import type { ApiObject } from '../kubernetes/object.ts';
import type { Cluster } from '../wire-cluster.ts';

/** What one object is. */
export type Seen<T extends ApiObject> =
  | { readonly kind: 'there'; readonly object: T }
  | { readonly kind: 'absent' }
  /** The Role does not let us read it. */
  | { readonly kind: 'unreadable' };

/** Reads an object in the way that the Role allows the service to follow it. @throws {RunnerError} `CLUSTER_*` but for a refusal */
export async function readOne<T extends ApiObject>(
  cluster: Cluster,
  resource: Resource<T>,
  name: string,
): Promise<Seen<T>> {
  try {
    const store = await cluster.open(resource, name);
    try {
      const object = store.get(name);
      return object === undefined ? { kind: 'absent' } : { kind: 'there', object };
    } finally {
      store.close();
    }
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.status === 403) return { kind: 'unreadable' };
    throw toRunnerError(thrown);
  }
}
