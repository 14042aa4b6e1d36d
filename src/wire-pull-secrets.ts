import type { Options } from './config/options.ts';
import { systemClock } from './core/clock.ts';
import { MountedPullSecretSource } from './kubernetes/pull-secret/pull-secret-source.ts';
import { PullSecret } from './kubernetes/pull-secret/pull-secret.ts';
import { secrets } from './kubernetes/resources.ts';
import { allOf } from './pods/plan/all-pull-secrets.ts';
import type { PodPullSecrets } from './pods/plan/pod-pull-secrets.ts';
import type { Cluster } from './wire-cluster.ts';
import type { Surroundings } from './wire-resolver.ts';

export interface WiredPullSecrets {
  readonly forPods: PodPullSecrets;
  start(): Promise<void>;
  /** See {@link PullSecret.collect}. */
  collect(used: ReadonlySet<string>, mayDelete: boolean, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Every secret that function pods are pulled with. */
export function wirePullSecrets(options: Options, cluster: Cluster, surroundings: Surroundings): WiredPullSecrets {
  const replica = wireReplica(options, cluster, surroundings);
  return {
    forPods: allOf(replica === undefined ? [] : [ofReplica(replica)]),
    start: async () => replica?.start(),
    collect: async (used, mayDelete, signal) => replica?.collect(used, mayDelete, signal),
    close: () => replica?.close(),
  };
}

function ofReplica(replica: PullSecret): PodPullSecrets {
  return {
    choose: async ({ images }) => {
      const { name, ...chosen } = await replica.choose(images);
      return { names: name === undefined ? [] : [name], ...chosen };
    },
    ensure: async ({ images }, signal) => replica.ensure(images, signal),
  };
}

function wireReplica(
  options: Options,
  cluster: Cluster,
  { log, counters, overrides }: Surroundings,
): PullSecret | undefined {
  if (!options.enablePrivateRegistries) return undefined;
  const { clock = systemClock } = overrides;
  const resource = secrets(options.podNamespace);
  return new PullSecret({
    api: cluster.api,
    resource,
    openStore: async (name) => cluster.open(resource, name),
    permissions: cluster.permissions,
    name: options.registryAuthSecretName,
    source: new MountedPullSecretSource({ path: options.registryAuthSecretPath, log, counters, clock }),
    scope: options.pullSecretScope,
    adopt: options.adoptPullSecret,
    log,
    counters,
    clock,
  });
}
