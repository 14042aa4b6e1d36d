import { parseDuration } from '../config/duration.ts';
import { toRunnerError } from '../core/errors.ts';
import { ApiError } from '../kubernetes/api-error.ts';
import { functionConfigs } from '../kubernetes/function-config/function-config-object.ts';
import { parseFunctionConfig } from '../kubernetes/function-config/parse-function-config.ts';
import { SpecProblem } from '../kubernetes/function-config/spec-fields.ts';
import type { Check } from './check.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import type { Patient } from './patient.ts';
import { failed, ok, problem, type Remark, skipped } from './remark.ts';

/** FunctionConfigs that cannot be read count for nothing. */
export function functionConfigsCheck({ options }: Patient, under: ClusterUnderTest): Check {
  return {
    name: 'FunctionConfigs',
    timeoutMs: 15_000,
    run: async (signal) => {
      const reached = await under.reached();
      if ('why' in reached) return [skipped('', reached.why)];
      const resource = functionConfigs(options.podNamespace);
      try {
        const { items } = await reached.cluster.api.list(resource, {}, signal);
        const rules = { defaultImagePrefix: options.defaultImagePrefix, parseDuration };
        const bad = items.flatMap((item) => {
          const why = problemOf(() => parseFunctionConfig(item, rules));
          return why === undefined
            ? []
            : [problem(item.metadata.name, why, 'Correct it; until then it counts for nothing.')];
        });
        return [ok('', `${String(items.length - bad.length)} of ${String(items.length)} can be read`), ...bad];
      } catch (thrown) {
        return [unreadable(thrown)];
      }
    },
  };
}

function unreadable(thrown: unknown): Remark {
  if (!(thrown instanceof ApiError)) throw thrown;
  if (thrown.status === 404) return skipped('', 'the cluster does not know the kind');
  return failed('', thrown, thrown.status === 403 ? 'warning' : 'problem');
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (thrown) {
    return thrown instanceof SpecProblem ? thrown.message : toRunnerError(thrown).message;
  }
}
