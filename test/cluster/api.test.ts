import { stringify } from 'yaml';
import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import { loadClusterAccess } from '../../src/kubernetes/cluster-access.ts';
import { allBehaviours } from '../support/api-behaviour/all-behaviours.ts';
import type { AccessRule } from '../support/api-double/access-rules.ts';
import { type Cluster, startCluster } from '../support/cluster/cluster.ts';
import { requires } from '../support/requires.ts';

describe('The API server, which the double stands for', function () {
  requires('cluster');
  this.timeout(120_000);
  let cluster: Cluster;
  let clients: ApiClient[] = [];
  let tests = 0;

  const clientOf = async (kubeconfig: string): Promise<ApiClient> => {
    const access = await loadClusterAccess({ kubeconfig, environment: {} });
    const client = new ApiClient({ access, log: silentLog, counters: noCounters });
    clients.push(client);
    return client;
  };

  const restricted = async (namespace: string, rules: readonly AccessRule[]): Promise<ApiClient> => {
    const metadata = { name: 'restricted', namespace };
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'restricted' };
    const subjects = [{ kind: 'ServiceAccount', name: 'restricted', namespace }];
    const binding = { ...role, kind: 'RoleBinding', rules: undefined, roleRef, subjects };
    const kubeconfig = await cluster.kubeconfigFor(namespace, 'restricted');
    await cluster.apply([role, binding].map((document) => stringify(document)).join('---\n'));
    return clientOf(kubeconfig);
  };

  before(async () => {
    cluster = await startCluster();
  });

  afterEach(async () => {
    for (const client of clients) await client.close();
    clients = [];
  });

  after(async () => {
    await cluster.stop();
  });

  for (const { title, show } of allBehaviours) {
    it(title, async () => {
      tests += 1;
      const namespace = `behaviour-${String(tests)}`;
      await cluster.createNamespace(namespace);
      const api = await clientOf(cluster.adminKubeconfig);
      const forget = async (): Promise<void> => {
        await cluster.kill();
        await cluster.restart();
      };
      await show(
        { api, namespace, restricted: async (rules) => restricted(namespace, rules), forget },
        AbortSignal.timeout(30_000),
      );
    });
  }
});
