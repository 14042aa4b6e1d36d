import { parseDuration } from './config/duration.ts';
import type { Options } from './config/options.ts';
import { systemClock } from './core/clock.ts';
import type { Reference } from './image/reference.ts';
import { RunRegistries } from './image/run-registries.ts';
import type { FunctionConfigs } from './kubernetes/function-config/function-configs.ts';
import type { Planner } from './pods/plan/planner.ts';
import type { Pool } from './pods/pool/pool.ts';
import { PodCache } from './pods/warm-up/pod-cache.ts';
import { WarmUp } from './pods/warm-up/warm-up.ts';
import type { Resolver } from './resolver/resolver.ts';
import type { Surroundings } from './wire-resolver.ts';

/** Undefined without `--pod-cache-config`. @throws {RunnerError} `CFG_OPTION` when the file cannot be used */
export async function wirePodCache(
  { podCacheConfig: file, defaultImagePrefix, runRegistry }: Options,
  { log, overrides }: Surroundings,
): Promise<PodCache | undefined> {
  if (file === '') return undefined;
  const { clock = systemClock } = overrides;
  const runs = RunRegistries.parse(runRegistry);
  const rules = { defaultImagePrefix, lookedUpAs: (reference: Reference) => runs.toResolve(reference), parseDuration };
  const cache = new PodCache({ file, ...rules, clock, log });
  await cache.start();
  return cache;
}

interface Sources {
  readonly configs: FunctionConfigs;
  readonly cache: PodCache | undefined;
}

interface Images {
  readonly resolver: Resolver;
  readonly planner: Planner;
  readonly pool: Pool;
}

/** Begins to start the pods that FunctionConfigs and `--pod-cache-config` name. */
export function startWarmUp(
  { resolver, planner, pool }: Images,
  { configs, cache }: Sources,
  { log }: Surroundings,
): WarmUp {
  const warmUp = new WarmUp({
    images: () => [...configs.list().flatMap(({ pod }) => pod?.warmUpImage ?? []), ...(cache?.images() ?? [])],
    onChange: (listener) => {
      const ends = [configs.subscribe(listener), cache?.subscribe(listener)];
      return () => {
        for (const end of ends) end?.();
      };
    },
    warm: async (image, signal) => {
      const { resolution } = await resolver.resolve(image, { signal });
      await pool.warm(await planner.plan(resolution), signal);
    },
    log,
  });
  warmUp.start();
  return warmUp;
}
