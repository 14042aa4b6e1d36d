import type { Clock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import type { Log } from '../core/log.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import type { Resource } from './api.ts';
import type { ApiObject } from './object.ts';
import type { Permissions } from './permissions.ts';
import { PolledStore } from './polled-store.ts';
import type { Store } from './store.ts';
import { WatchedStore } from './watched-store.ts';

export interface OpenStoreOptions<T extends ApiObject> {
  readonly api: Pick<ApiClient, 'get' | 'list' | 'watchStream'>;
  readonly permissions: Permissions;
  readonly resource: Resource<T>;
  /** Of the one object that is wanted. */
  readonly name: string;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Default 5000; for what may not be watched. */
  readonly intervalMs?: number;
}

/**
 * One object, watched where the Role allows that, else read every few seconds; started. Where neither is allowed but to list,
 * it is listed every few seconds.
 *
 * @throws {RunnerError} `CLUSTER_*` when it cannot even be read
 */
export async function openStore<T extends ApiObject>(options: OpenStoreOptions<T>): Promise<Store<T>> {
  const { permissions, resource, name, log } = options;
  const { namespace, group } = resource;
  const allows = async (verb: string): Promise<boolean> =>
    permissions.allows(namespace, verb, group, resource.name, name);
  if ((await allows('list')) && ((await allows('watch')) || !(await allows('get')))) {
    const store = new WatchedStore({ ...options, fieldSelector: `metadata.name=${name}` });
    try {
      await store.start();
      return store;
    } catch (thrown) {
      store.close();
      if (!(thrown instanceof ApiError) || thrown.status !== 403) throw thrown;
      permissions.denied(namespace, 'list', group, resource.name);
    }
  }
  log.info('no permission to watch; reading every few seconds', { resource: resource.name, namespace, name });
  const store = new PolledStore(options);
  await store.start();
  return store;
}
