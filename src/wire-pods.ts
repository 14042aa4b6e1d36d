import { parseDuration } from './config/duration.ts';
import { systemClock } from './core/clock.ts';
import { RunnerError } from './core/errors.ts';
import type { Options } from './config/options.ts';
import { PodEvaluator } from './evaluate/pod.ts';
import { functionConfigs } from './kubernetes/function-config/function-config-object.ts';
import type { Reference } from './image/reference.ts';
import { RunRegistries } from './image/run-registries.ts';
import { FunctionConfigs } from './kubernetes/function-config/function-configs.ts';
import { WatchedStore } from './kubernetes/watched-store.ts';
import { Planner } from './pods/plan/planner.ts';
import type { PodSettings } from './pods/plan/pod-settings.ts';
import { type Cluster, wireCluster } from './wire-cluster.ts';
import type { WiredEvaluator } from './wire-evaluator.ts';
import type { Surroundings, WiredResolver } from './wire-resolver.ts';
import { wirePool } from './wire-pool.ts';
import { wirePullSecrets } from './wire-pull-secrets.ts';
import { wireTemplates } from './wire-templates.ts';
import { startWarmUp, wirePodCache } from './wire-warm-up.ts';

/**
 * Everything of the pod runtime. It is ready when what the cluster holds is known.
 *
 * @throws {RunnerError} `CFG_OPTION`, `CLUSTER_*`, `CFG_*` of the mounted credentials
 */
export async function wirePods(
  options: Options,
  { resolver, credentials, podSecrets }: WiredResolver,
  surroundings: Surroundings,
): Promise<WiredEvaluator> {
  const wrapperServerImage = surroundings.environment['WRAPPER_SERVER_IMAGE'] ?? '';
  if (wrapperServerImage === '') throw noWrapperImage();
  await using opened = new AsyncDisposableStack();
  const cluster = await wireCluster(options, surroundings);
  opened.defer(async () => cluster.api.close());
  const templates = await wireTemplates(options, cluster, surroundings);
  opened.defer(() => {
    templates.close();
  });
  const configs = wireFunctionConfigs(options, cluster, surroundings);
  opened.defer(() => {
    configs.close();
  });
  const pullSecrets = wirePullSecrets(options, cluster, { templates, configs, credentials }, surroundings);
  opened.defer(() => {
    pullSecrets.close();
  });
  const cache = await wirePodCache(options, surroundings);
  opened.defer(() => {
    cache?.close();
  });
  await Promise.all([configs.start(), pullSecrets.start()]);
  await pullSecrets.open();
  podSecrets.connect(pullSecrets.forResolver);
  const runs = RunRegistries.parse(options.runRegistry);
  const planner = new Planner({
    settings: podSettings(options, wrapperServerImage),
    templates,
    functionConfigs: configs,
    pullSecrets: pullSecrets.forPods,
    defaultImagePrefix: options.defaultImagePrefix,
    runAs: (reference) => runs.toRun(reference),
    ttlOf: (canonical) => cache?.ttlOf(canonical),
    log: surroundings.log,
  });
  const wired = await wirePool(options, cluster, pullSecrets, surroundings);
  opened.defer(async () => wired.close());
  const { pool } = wired;
  if (options.warmUpPodCache) {
    const warmUp = startWarmUp({ resolver, planner, pool }, { configs, cache }, surroundings);
    opened.defer(async () => warmUp.close());
  }
  const parts = opened.move();
  return {
    evaluator: new PodEvaluator({ resolver, planner, pool, counters: surroundings.counters }),
    findExecutable: (reference) => configs.findExecutable(reference),
    close: async () => parts.disposeAsync(),
  };
}

export function podSettings(options: Options, wrapperServerImage: string): PodSettings {
  return {
    namespace: options.podNamespace,
    maxPods: options.maxParallelPodsPerFunction,
    maxWaitlist: options.maxWaitlistLength,
    ttlMs: options.podTtlMs,
    pinImageDigest: options.pinImageDigest,
    imagePullPolicy: options.imagePullPolicy,
    serviceAccount: options.functionServiceAccount,
    readOnlyRoot: options.podReadOnlyRoot,
    podAddress: options.podAddress,
    wrapperServerImage,
    maxRequestBodySize: options.maxRequestBodySize,
  };
}

function noWrapperImage(): RunnerError {
  return new RunnerError('CFG_OPTION', 'the environment variable WRAPPER_SERVER_IMAGE is not set', {
    hint: 'Set it to the image of the server inside function pods, or give --runtime=local.',
  });
}

function wireFunctionConfigs(
  options: Options,
  { api }: Cluster,
  { log, counters, overrides }: Surroundings,
): FunctionConfigs {
  const { clock = systemClock } = overrides;
  const resource = functionConfigs(options.podNamespace);
  const store = new WatchedStore({ api, resource, log, counters, clock });
  const { defaultImagePrefix } = options;
  const runs = RunRegistries.parse(options.runRegistry);
  const rules = { defaultImagePrefix, lookedUpAs: (reference: Reference) => runs.toResolve(reference), parseDuration };
  return new FunctionConfigs({ api, resource, store, ...rules, log, clock });
}
