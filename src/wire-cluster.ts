import type { Options } from './config/options.ts';
import { systemClock } from './core/clock.ts';
import { ApiClient } from './kubernetes/api-client.ts';
import type { Resource } from './kubernetes/api.ts';
import { type ClusterAccess, loadClusterAccess } from './kubernetes/cluster-access.ts';
import type { ApiObject } from './kubernetes/object.ts';
import { openStore } from './kubernetes/open-store.ts';
import { Permissions } from './kubernetes/permissions.ts';
import type { Store } from './kubernetes/store.ts';
import type { Surroundings } from './wire-resolver.ts';

/** The API server, and what the parts of the pod runtime need to ask it. */
export interface Cluster {
  readonly access: ClusterAccess;
  readonly api: ApiClient;
  readonly permissions: Permissions;
  /** A started store of one object. @throws {RunnerError} `CLUSTER_*` */
  open<T extends ApiObject>(resource: Resource<T>, name: string): Promise<Store<T>>;
}

/** @throws {RunnerError} `CFG_OPTION`, `CLUSTER_UNAVAILABLE` when there is no way to a cluster */
export async function wireCluster(options: Options, surroundings: Surroundings): Promise<Cluster> {
  const { environment, log, counters, overrides } = surroundings;
  const { clock = systemClock } = overrides;
  const access = await loadClusterAccess({ kubeconfig: options.kubeconfig, environment, clock });
  const api = new ApiClient({ access, log, counters, clock });
  const permissions = new Permissions({ api, log, clock });
  return {
    access,
    api,
    permissions,
    open: async (resource, name) => openStore({ api, permissions, resource, name, log, counters, clock }),
  };
}
