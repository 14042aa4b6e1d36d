import type { ApiError } from '../kubernetes/api-error.ts';
import type { Check } from './check.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { failed, ok, problem, type Remark, skipped } from './remark.ts';

/** FunctionConfigs that cannot be read count for nothing. */
export function functionConfigsCheck(under: ClusterUnderTest): Check {
  return {
    name: 'FunctionConfigs',
    timeoutMs: 15_000,
    run: async () => {
      const reached = await under.reached();
      if ('why' in reached) return [skipped('', reached.why)];
      const configs = await under.configs();
      if (configs.refusal !== undefined) return [refused(configs.refusal)];
      const { length } = configs.list();
      const all = length + configs.malformed.length;
      return [
        ok('', all === 0 ? 'there are none' : `${String(length)} of ${String(all)} can be read`),
        ...configs.malformed.map(({ name, problem: why }) =>
          problem(name, why, 'Correct it; until then it counts for nothing.'),
        ),
      ];
    },
  };
}

function refused(error: ApiError): Remark {
  if (error.status === 404) return skipped('', 'the cluster does not know the kind');
  return failed('', error, error.status === 403 ? 'warning' : 'problem');
}
