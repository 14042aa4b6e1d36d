import { readFile } from 'node:fs/promises';
import type { Counters } from '../../../src/core/counters.ts';
import { noCounters } from '../../../src/core/counters.ts';
import { silentLog } from '../../../src/core/log.ts';
import { ApiClient } from '../../../src/kubernetes/api-client.ts';
import { loadClusterAccess } from '../../../src/kubernetes/cluster-access.ts';
import type { Cluster } from './cluster.ts';

export type RoleName = 'ours' | 'porch';

const runnerNamespace = 'porch-system';
export const functionNamespace = 'porch-fn-system';
/** As the audit log names the service's account. */
export const runnerUser = `system:serviceaccount:${runnerNamespace}:porch-fn-runner`;

/** Namespaces, kinds and rights as our manifests have them, or as Porch's own deployment does. */
export async function applyRole(cluster: Cluster, role: RoleName): Promise<void> {
  const rendered = await cluster.kubectl(['kustomize', 'manifests/private-registries']);
  if (role === 'ours') return cluster.apply(rendered.stdout);
  await cluster.apply(await readFile('manifests/pods/crds/functionconfigs.yaml', 'utf8'));
  await cluster.apply(await readFile('test/support/cluster/porch-role.yaml', 'utf8'));
}

/** A client with the rights of the service; close it. */
export async function runnerClient(cluster: Cluster, counters: Counters = noCounters): Promise<ApiClient> {
  const kubeconfig = await cluster.kubeconfigFor(runnerNamespace, 'porch-fn-runner');
  const access = await loadClusterAccess({ kubeconfig, environment: {} });
  return new ApiClient({ access, log: silentLog, counters });
}
