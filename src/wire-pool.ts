import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Options } from './config/options.ts';
import { type Clock, systemClock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import { leases } from './kubernetes/lease-object.ts';
import { Lease } from './kubernetes/lease.ts';
import { managedByLabel, manager } from './kubernetes/manager.ts';
import { objectAt, objectsAt, textAt } from './kubernetes/object-meta.ts';
import type { Pod } from './kubernetes/pod.ts';
import { pods, services } from './kubernetes/resources.ts';
import type { Store } from './kubernetes/store.ts';
import { WatchedStore } from './kubernetes/watched-store.ts';
import { createConnectPod } from './pods/endpoint/connect-pod.ts';
import { Pool } from './pods/pool/pool.ts';
import type { Cluster } from './wire-cluster.ts';
import type { WiredPullSecrets } from './wire-pull-secrets.ts';
import type { Surroundings } from './wire-resolver.ts';

interface WiredPool {
  readonly pool: Pool;
  close(): Promise<void>;
}

/** The function pods that there are, and who runs calls on them. @throws {RunnerError} `CLUSTER_*` */
export async function wirePool(
  options: Options,
  cluster: Cluster,
  pullSecrets: Pick<WiredPullSecrets, 'collect'>,
  { log, counters, overrides }: Surroundings,
): Promise<WiredPool> {
  const { clock = systemClock } = overrides;
  const { api } = cluster;
  const resource = pods(options.podNamespace);
  const labelSelector = `${managedByLabel}=${manager}`;
  const store = new WatchedStore({ api, resource, labelSelector, log, counters, clock });
  await store.start();
  const lease = wireLease(options, cluster, clock, log);
  const pool = new Pool({
    api,
    pods: store,
    resource,
    services: services(options.podNamespace),
    connect: createConnectPod({
      maxMessageBytes: options.maxRequestBodySize,
      evaluationTimeoutMs: options.evaluationTimeoutMs,
      clock,
    }),
    podAddress: options.podAddress,
    podReadyTimeoutMs: options.podReadyTimeoutMs,
    evaluationTimeoutMs: options.evaluationTimeoutMs,
    scanIntervalMs: options.scanIntervalMs,
    mayCollectShared: () => lease.mayCollectShared(),
    onScan: async (signal) => pullSecrets.collect(pullSecretsOf(store), lease.mayCollectShared(), signal),
    clock,
    log,
    counters,
  });
  lease.start();
  pool.start();
  return {
    pool,
    close: async () => {
      await pool.close();
      await lease.close();
      store.close();
    },
  };
}

function wireLease(options: Options, { api, permissions }: Cluster, clock: Clock, log: Log): Lease {
  const resource = leases(options.podNamespace);
  const identity = `${hostname()}_${randomUUID()}`;
  return new Lease({ api, resource, name: manager, identity, permissions, clock, log });
}

/** Names of the secrets that function pods are pulled with. */
function pullSecretsOf(store: Store<Pod>): ReadonlySet<string> {
  const secrets = store.list().flatMap(({ raw }) => objectsAt(objectAt(raw, 'spec'), 'imagePullSecrets'));
  return new Set(secrets.map((secret) => textAt(secret, 'name')));
}
