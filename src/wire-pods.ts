import { systemClock } from './core/clock.ts';
import { RunnerError } from './core/errors.ts';
import type { Options } from './config/options.ts';
import { PodEvaluator } from './evaluate/pod.ts';
import { managedByLabel, manager } from './kubernetes/manager.ts';
import { MountedPullSecretSource } from './kubernetes/pull-secret/pull-secret-source.ts';
import { PullSecret } from './kubernetes/pull-secret/pull-secret.ts';
import { pods, secrets, services } from './kubernetes/resources.ts';
import { WatchedStore } from './kubernetes/watched-store.ts';
import { createConnectPod } from './pods/endpoint/connect-pod.ts';
import { Planner } from './pods/plan/planner.ts';
import { Pool } from './pods/pool/pool.ts';
import type { Resolver } from './resolver/resolver.ts';
import { type Cluster, wireCluster } from './wire-cluster.ts';
import type { WiredEvaluator } from './wire-evaluator.ts';
import type { Surroundings } from './wire-resolver.ts';
import { wireTemplates } from './wire-templates.ts';

/**
 * Everything of the pod runtime. It is ready when what the cluster holds is known.
 *
 * @throws {RunnerError} `CFG_OPTION`, `CLUSTER_*`, `CFG_*` of the mounted credentials
 */
export async function wirePods(
  options: Options,
  resolver: Resolver,
  surroundings: Surroundings,
): Promise<WiredEvaluator> {
  const wrapperServerImage = surroundings.environment['WRAPPER_SERVER_IMAGE'] ?? '';
  if (wrapperServerImage === '') throw noWrapperImage();
  const cluster = await wireCluster(options, surroundings);
  const opened: (() => Promise<void> | void)[] = [async () => cluster.api.close()];
  const close = async (): Promise<void> => {
    for (const end of opened.toReversed()) await end();
  };
  try {
    const templates = await wireTemplates(options, cluster, surroundings);
    opened.push(() => {
      templates.close();
    });
    const pullSecret = wirePullSecret(options, cluster, surroundings);
    if (pullSecret !== undefined) {
      opened.push(() => {
        pullSecret.close();
      });
    }
    await pullSecret?.start();
    const planner = new Planner({
      settings: {
        namespace: options.podNamespace,
        maxPods: options.maxParallelPodsPerFunction,
        maxWaitlist: options.maxWaitlistLength,
        ttlMs: options.podTtlMs,
        pinImageDigest: options.pinImageDigest,
        imagePullPolicy: options.imagePullPolicy,
        readOnlyRoot: options.podReadOnlyRoot,
        podAddress: options.podAddress,
        wrapperServerImage,
        maxRequestBodySize: options.maxRequestBodySize,
      },
      templates,
      functionConfigs: undefined,
      pullSecret,
      defaultImagePrefix: options.defaultImagePrefix,
      log: surroundings.log,
    });
    const pool = await wirePool(options, cluster, surroundings);
    opened.push(async () => pool.close());
    const evaluator = new PodEvaluator({ resolver, planner, pool, counters: surroundings.counters });
    return { evaluator, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function noWrapperImage(): RunnerError {
  return new RunnerError('CFG_OPTION', 'the environment variable WRAPPER_SERVER_IMAGE is not set', {
    hint: 'Set it to the image of the server inside function pods, or give --runtime=local.',
  });
}

function wirePullSecret(
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

async function wirePool(options: Options, { api }: Cluster, { log, counters, overrides }: Surroundings): Promise<Pool> {
  const { clock = systemClock } = overrides;
  const resource = pods(options.podNamespace);
  const labelSelector = `${managedByLabel}=${manager}`;
  const store = new WatchedStore({ api, resource, labelSelector, log, counters, clock });
  await store.start();
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
    clock,
    log,
    counters,
  });
  pool.start();
  return pool;
}
