import type { Options } from './config/options.ts';
import { systemClock } from './core/clock.ts';
import { RunRegistries } from './image/run-registries.ts';
import type { KeyringSource } from './credentials/credential-source.ts';
import { MountedPullSecretSource } from './kubernetes/pull-secret/pull-secret-source.ts';
import { PullSecret } from './kubernetes/pull-secret/pull-secret.ts';
import { secrets } from './kubernetes/resources.ts';
import { allOf } from './pods/plan/all-pull-secrets.ts';
import type { PodPullSecrets } from './pods/plan/pod-pull-secrets.ts';
import type { Cluster } from './wire-cluster.ts';
import { wireGeneratedSecrets } from './wire-generated-secrets.ts';
import { type NamingObjects, wireNamedSecrets } from './wire-named-secrets.ts';
import type { Surroundings, WiredResolver } from './wire-resolver.ts';

export interface WiredPullSecrets {
  readonly forPods: PodPullSecrets;
  /** What images are looked up with, beside the mounted file. */
  readonly forResolver: KeyringSource;
  start(): Promise<void>;
  /** Reads all that is named, so that no call has to; FunctionConfigs have to be known. */
  open(): Promise<void>;
  /** See {@link PullSecret.collect}. */
  collect(used: ReadonlySet<string>, mayDelete: boolean, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Every secret that function pods are pulled with. */
export function wirePullSecrets(
  options: Options,
  cluster: Cluster,
  { credentials, ...naming }: NamingObjects & Pick<WiredResolver, 'credentials'>,
  surroundings: Surroundings,
): WiredPullSecrets {
  const replica = wireReplica(options, cluster, surroundings);
  const { named, ...users } = wireNamedSecrets(options, cluster, naming, surroundings);
  const generated = wireGeneratedSecrets(options, cluster, credentials, surroundings);
  const replicated = replica === undefined ? [] : [ofReplica(replica)];
  const all = allOf([users.forPods, ...replicated, generated.forPods]);
  return {
    forPods: {
      choose: async (pod) => {
        const chosen = await all.choose(pod);
        await named.noteLost(pod.reference, pod.serviceAccount, chosen.names);
        return chosen;
      },
      ensure: async (pod, signal) => all.ensure(pod, signal),
      missing: async ({ reference }) => (await named.keyringsFor(reference, undefined)).missing,
      renew: async (pod, signal) => all.renew?.(pod, signal) ?? false,
    },
    forResolver: named,
    start: async () => replica?.start(),
    open: async () => named.refresh(),
    collect: async (used, mayDelete, signal) => {
      await named.tidy(used, signal);
      await replica?.collect(used, mayDelete, signal);
      await generated.collect(used, mayDelete, signal);
    },
    close: () => {
      generated.close();
      users.close();
      replica?.close();
    },
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
  const runRegistries = RunRegistries.parse(options.runRegistry).pairs;
  const path = options.registryAuthSecretPath;
  return new PullSecret({
    api: cluster.api,
    resource,
    openStore: async (name) => cluster.open(resource, name),
    permissions: cluster.permissions,
    name: options.registryAuthSecretName,
    source: new MountedPullSecretSource({ path, runRegistries, log, counters, clock }),
    scope: options.pullSecretScope,
    adopt: options.adoptPullSecret,
    log,
    counters,
    clock,
  });
}
