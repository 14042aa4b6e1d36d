import { setTimeout as wait } from 'node:timers/promises';
import { parseDuration } from '../config/duration.ts';
import type { Options } from '../config/options.ts';
import { toRunnerError } from '../core/errors.ts';
import { ApiError } from '../kubernetes/api-error.ts';
import type { FunctionConfig } from '../kubernetes/function-config/function-config.ts';
import { type FunctionConfigObject, functionConfigs } from '../kubernetes/function-config/function-config-object.ts';
import { findForPods, type ImageName } from '../kubernetes/function-config/match-function-config.ts';
import { parseFunctionConfig } from '../kubernetes/function-config/parse-function-config.ts';
import { SpecProblem } from '../kubernetes/function-config/spec-fields.ts';
import type { Cluster } from '../wire-cluster.ts';

/** One that counts for nothing. */
interface Malformed {
  readonly name: string;
  readonly problem: string;
}

const listMs = 10_000;
/** An API server that has just learnt of the kind says 429 for a moment. */
const pausesMs = [200, 500, 1000, 2000];

/** FunctionConfigs as they are now, read once: unlike the service this tells nobody in their status what came of them. */
export class KnownFunctionConfigs {
  readonly malformed: readonly Malformed[];
  /** Why there are none, where they could not be listed. */
  readonly refusal: ApiError | undefined;
  readonly #configs: readonly FunctionConfig[];

  private constructor(
    configs: readonly FunctionConfig[],
    malformed: readonly Malformed[],
    refusal: ApiError | undefined,
  ) {
    this.#configs = configs;
    this.malformed = malformed;
    this.refusal = refusal;
  }

  /** @throws {RunnerError} `CANCELLED`, `DEADLINE` */
  static async read(options: Options, cluster: Cluster): Promise<KnownFunctionConfigs> {
    const { podNamespace, defaultImagePrefix } = options;
    const listed = await list(cluster, podNamespace);
    if (listed instanceof ApiError) return new KnownFunctionConfigs([], [], listed);
    const configs: FunctionConfig[] = [];
    const malformed: Malformed[] = [];
    for (const object of listed) {
      try {
        configs.push(parseFunctionConfig(object, { defaultImagePrefix, parseDuration }));
      } catch (thrown) {
        const problem = thrown instanceof SpecProblem ? thrown.message : toRunnerError(thrown).message;
        malformed.push({ name: object.metadata.name, problem });
      }
    }
    return new KnownFunctionConfigs(configs, malformed, undefined);
  }

  list(): readonly FunctionConfig[] {
    return this.#configs;
  }

  find(image: ImageName): FunctionConfig | undefined {
    return findForPods(this.#configs, image);
  }

  /** They do not change any more. */
  subscribe(): () => void {
    return () => undefined;
  }
}

async function list({ api }: Cluster, namespace: string): Promise<readonly FunctionConfigObject[] | ApiError> {
  const signal = AbortSignal.timeout(listMs);
  for (let tries = 0; ; tries += 1) {
    try {
      return (await api.list(functionConfigs(namespace), {}, signal)).items;
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      const pauseMs = pausesMs[tries];
      if (thrown.code !== 'CLUSTER_UNAVAILABLE' || pauseMs === undefined) return thrown;
      await wait(pauseMs, undefined, { signal });
    }
  }
}
