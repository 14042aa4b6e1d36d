import { parseDuration } from '../../../src/config/duration.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { silentLog, type Log } from '../../../src/core/log.ts';
import { functionConfigs } from '../../../src/kubernetes/function-config/function-config-object.ts';
import type { FunctionConfigObject } from '../../../src/kubernetes/function-config/function-config-object.ts';
import { FunctionConfigs } from '../../../src/kubernetes/function-config/function-configs.ts';
import type { FunctionConfigRules } from '../../../src/kubernetes/function-config/parse-function-config.ts';
import { type MemoryApi, MemoryStore } from '../memory-api.ts';
import type { SteppedClock } from '../stepped-clock.ts';

export const rules: FunctionConfigRules = {
  defaultImagePrefix: 'ghcr.io/kptdev/krm-functions-catalog/',
  parseDuration,
};
export const resource = functionConfigs('porch-fn-system');

/** A FunctionConfig as the API server gives it. */
export function rawConfig(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'config.porch.kpt.dev/v1alpha1',
    kind: 'FunctionConfig',
    metadata: { name: 'fn', namespace: 'porch-fn-system', uid: 'uid-fn', generation: 1, ...metadata },
    spec,
  };
}

/** The FunctionConfigs of one runner, and all that it said. */
export class ConfigRunner {
  readonly lines: string[] = [];
  readonly configs: FunctionConfigs;
  readonly store: MemoryStore<FunctionConfigObject>;

  constructor(api: MemoryApi, clock: SteppedClock) {
    this.store = new MemoryStore(api, resource);
    const at =
      (level: string): Log['info'] =>
      (message, values) =>
        this.lines.push(`${level} ${message} ${JSON.stringify(values)}`);
    const log: Log = { ...silentLog, error: at('error'), warn: at('warn'), info: at('info') };
    this.configs = new FunctionConfigs({ api, resource, store: this.store, log, clock, ...rules });
  }
}
