import type { Options } from './config/options.ts';
import { systemClock } from './core/clock.ts';
import { once } from './core/once.ts';
import type { CredentialSource } from './credentials/credential-source.ts';
import { runKeys } from './credentials/run-keys.ts';
import { RunRegistries } from './image/run-registries.ts';
import { callerKeyName, unusedMsOf } from './kubernetes/pull-secret/generated/generated-names.ts';
import type { GeneratedSecrets } from './kubernetes/pull-secret/generated/generated-secrets.ts';
import type { CallerKey } from './kubernetes/pull-secret/generated/caller-key.ts';
import { IssuedLogins } from './kubernetes/pull-secret/generated/issued-logins.ts';
import { OwnedNames } from './kubernetes/pull-secret/owned-names.ts';
import { secrets as secretsOf } from './kubernetes/resources.ts';
import { GeneratedPullSecrets } from './pods/plan/generated-pull-secrets.ts';
import type { PodPullSecrets } from './pods/plan/pod-pull-secrets.ts';
import type { Cluster } from './wire-cluster.ts';
import type { Surroundings } from './wire-resolver.ts';

export interface WiredGeneratedSecrets {
  readonly forPods: PodPullSecrets;
  /** See {@link GeneratedSecrets.collect}. */
  collect(used: ReadonlySet<string>, isInCharge: boolean, signal: AbortSignal): Promise<void>;
  close(): void;
}

interface Loaded {
  readonly secrets: GeneratedSecrets;
  readonly callerKey: CallerKey;
}

/** Pull secrets from what programs give and callers bring; most of it is loaded with the first login or leftover of that kind. */
export function wireGeneratedSecrets(
  options: Options,
  cluster: Cluster,
  credentials: Pick<CredentialSource, 'lookup'>,
  surroundings: Surroundings,
): WiredGeneratedSecrets {
  const { registryAuthSecretName: name, podNamespace } = options;
  const runs = RunRegistries.parse(options.runRegistry);
  const alsoUnder = (server: string): readonly string[] => runKeys(server, runs.pairs);
  const issued = new IssuedLogins({ credentials, name, alsoUnder });
  let loaded: Loaded | undefined;
  const load = once(async () => {
    loaded = await loadParts(options, cluster, issued, surroundings);
    return loaded;
  });
  const left = new OwnedNames({ ...cluster, resource: secretsOf(podNamespace) });
  const isGenerated = (found: string): boolean => unusedMsOf(name, found) !== undefined;
  return {
    forPods: new GeneratedPullSecrets({ issued, load, name, alsoUnder, toResolve: (image) => runs.toResolve(image) }),
    collect: async (used, isInCharge, signal) => {
      const isNeeded =
        loaded !== undefined ||
        (isInCharge && [...used, ...(await left.list([], signal))].some((found) => isGenerated(found)));
      if (isNeeded) await (await load()).secrets.collect(used, isInCharge, signal);
    },
    close: () => {
      loaded?.secrets.close();
      loaded?.callerKey.close();
    },
  };
}

async function loadParts(
  { registryAuthSecretName: name, podNamespace }: Options,
  cluster: Cluster,
  issued: IssuedLogins,
  { log, counters, overrides }: Surroundings,
): Promise<Loaded> {
  const { GeneratedSecrets: Secrets } = await import('./kubernetes/pull-secret/generated/generated-secrets.ts');
  const { CallerKey: Key } = await import('./kubernetes/pull-secret/generated/caller-key.ts');
  const { clock = systemClock } = overrides;
  const resource = secretsOf(podNamespace);
  const { api, permissions } = cluster;
  const shared = { api, resource, permissions, clock, log, counters };
  return {
    secrets: new Secrets({
      ...shared,
      name,
      lookup: async (image, signal) => (await issued.for(image, { signal })).logins,
    }),
    callerKey: new Key({
      ...shared,
      name: callerKeyName(name),
      openStore: async (secret) => cluster.open(resource, secret),
    }),
  };
}
