import { namespace, type NodePlatform, nodeBehaviours } from '../pods/node-behaviours.ts';
import { type Cluster, startCluster } from '../support/cluster/cluster.ts';
import { accessOf } from '../support/node/node-api.ts';
import { requires } from '../support/requires.ts';

describe('the node of the tests, with a real API server', function () {
  requires('cluster');
  this.timeout(30_000);
  let cluster: Cluster;

  before(async function () {
    this.timeout(120_000);
    cluster = await startCluster();
    await cluster.createNamespace(namespace);
  });

  after(async () => cluster.stop());

  nodeBehaviours(async (): Promise<NodePlatform> => {
    const path = (rest: string): string => `/api/v1/namespaces/${namespace}/${rest}`;
    return {
      access: await accessOf(cluster.adminKubeconfig),
      ask: async (method, rest, body) => {
        const { status, body: answer } = await cluster.admin.request(method, path(rest), body);
        if (status >= 300 && status !== 404) throw new Error(`${method} ${rest}: ${JSON.stringify(answer)}`);
        return status === 404 ? undefined : answer;
      },
      end: async () => {
        await cluster.admin.must('DELETE', path('pods'), { gracePeriodSeconds: 0 });
        await cluster.admin.must('DELETE', path('secrets'));
      },
    };
  });
});
