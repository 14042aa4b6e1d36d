import { expect } from 'chai';
import { namespace, type NodePlatform, nodeBehaviours } from '../pods/node-behaviours.ts';
import { type Cluster, startCluster } from '../support/cluster/cluster.ts';
import { accessOf, NodeApi } from '../support/node/node-api.ts';
import { jsonAt } from '../support/json-at.ts';
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

  it('leaves a pod alone that has the name of an earlier one', async () => {
    const api = new NodeApi(await accessOf(cluster.adminKubeconfig), namespace);
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const make = async (): Promise<string> => {
      const spec = { containers: [{ name: 'c', image: 'i.example/x' }] };
      return String(
        jsonAt(await cluster.admin.must('POST', path, { metadata: { name: 'again' }, spec }), 'metadata', 'uid'),
      );
    };
    const earlier = await make();
    await cluster.admin.must('DELETE', `${path}/again`, { gracePeriodSeconds: 0 });
    const uid = await make();
    await api.setStatus('again', earlier, { phase: 'Running' });
    const found = await cluster.admin.must('GET', `${path}/again`);
    expect([jsonAt(found, 'metadata', 'uid'), jsonAt(found, 'status', 'phase')]).to.deep.equal([uid, 'Pending']);
    await cluster.admin.must('DELETE', `${path}/again`, { gracePeriodSeconds: 0 });
    await api.close();
  });

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
