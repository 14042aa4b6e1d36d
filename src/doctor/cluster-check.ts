import type { Check } from './check.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import type { Patient } from './patient.ts';
import { ok } from './remark.ts';

/** Whether the API server answers, and knows who asks. */
export function clusterCheck({ options }: Patient, under: ClusterUnderTest): Check {
  return {
    name: 'cluster',
    subject: options.kubeconfig,
    timeoutMs: 15_000,
    run: async () => {
      const { access } = await under.answered();
      return [ok(access.server.host, `answers; the service's own namespace is ${access.namespace}`)];
    },
  };
}
