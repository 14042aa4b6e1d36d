import { parseDuration } from '../config/duration.ts';
import type { FunctionConfig } from '../kubernetes/function-config/function-config.ts';
import { functionConfigs } from '../kubernetes/function-config/function-config-object.ts';
import { findForPods, type ImageName } from '../kubernetes/function-config/match-function-config.ts';
import { parseFunctionConfig } from '../kubernetes/function-config/parse-function-config.ts';
import type { Options } from '../config/options.ts';
import type { Cluster } from '../wire-cluster.ts';

/** FunctionConfigs as they are now, read once: unlike the service this tells nobody in their status what came of them. */
export class KnownFunctionConfigs {
  readonly #configs: readonly FunctionConfig[];

  private constructor(configs: readonly FunctionConfig[]) {
    this.#configs = configs;
  }

  /** Those that can be read; none where the kind is unknown or may not be listed, as the service has it. */
  static async read(options: Options, { api }: Cluster, signal: AbortSignal): Promise<KnownFunctionConfigs> {
    const { podNamespace, defaultImagePrefix } = options;
    const list = await api.list(functionConfigs(podNamespace), {}, signal).catch(() => undefined);
    const rules = { defaultImagePrefix, parseDuration };
    const configs = (list?.items ?? []).flatMap((object) => {
      try {
        return [parseFunctionConfig(object, rules)];
      } catch {
        // Told by the check of FunctionConfigs.
        return [];
      }
    });
    return new KnownFunctionConfigs(configs);
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
