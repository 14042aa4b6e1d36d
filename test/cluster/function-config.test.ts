import { expect } from 'chai';
import { parseDuration } from '../../src/config/duration.ts';
import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { parseReference } from '../../src/image/reference.ts';
import { functionConfigs } from '../../src/kubernetes/function-config/function-config-object.ts';
import { FunctionConfigs } from '../../src/kubernetes/function-config/function-configs.ts';
import { WatchedStore } from '../../src/kubernetes/watched-store.ts';
import { type Cluster, startCluster } from '../support/cluster/cluster.ts';
import { applyRole, functionNamespace, runnerClient, runnerUser } from '../support/cluster/runner-access.ts';
import { eventually } from '../support/eventually.ts';
import { jsonAt } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';

const path = `/apis/config.porch.kpt.dev/v1alpha1/namespaces/${functionNamespace}/functionconfigs`;
const finalizer = 'config.porch.kpt.dev/functionconfig-function-runner';
const image = parseReference('a.io/set-labels:v1');
const withinMs = 5000;

for (const role of ['ours', 'porch'] as const) {
  describe(`FunctionConfigs under ${role === 'ours' ? 'our' : "Porch's own"} Role`, function () {
    requires('cluster');
    this.timeout(120_000);
    let cluster: Cluster;
    let undo: (() => unknown)[] = [];

    before(async () => {
      cluster = await startCluster();
      await applyRole(cluster, role);
    });

    after(async () => cluster.stop());

    afterEach(async () => {
      for (const each of undo.toReversed()) await each();
      undo = [];
    });

    const runner = async (namespace = functionNamespace): Promise<FunctionConfigs> => {
      const api = await runnerClient(cluster);
      const resource = functionConfigs(namespace);
      const store = new WatchedStore({ api, resource, log: silentLog, counters: noCounters });
      const configs = new FunctionConfigs({
        api,
        resource,
        store,
        log: silentLog,
        defaultImagePrefix: '',
        parseDuration,
      });
      undo.push(async () => {
        configs.close();
        await api.close();
      });
      await configs.start();
      return configs;
    };
    const put = async (name: string, podExecutor: object): Promise<void> => {
      const spec = { image: 'set-labels', podExecutor };
      const body = { apiVersion: 'config.porch.kpt.dev/v1alpha1', kind: 'FunctionConfig', metadata: { name }, spec };
      const made = await cluster.admin.must('POST', path, body, [409]);
      if (jsonAt(made, 'code') === 409) await cluster.admin.must('PATCH', `${path}/${name}`, { spec });
    };
    const read = async (name: string): Promise<unknown> => cluster.admin.must('GET', `${path}/${name}`);
    const isTold = async (name: string): Promise<boolean> => {
      const object = await read(name);
      return jsonAt(object, 'status', 'functionRunnerObservedGeneration') === jsonAt(object, 'metadata', 'generation');
    };
    const goes = async (name: string): Promise<void> => {
      await cluster.admin.must('DELETE', `${path}/${name}`);
      await eventually('it has gone', withinMs, async () => {
        return (await cluster.admin.request('GET', `${path}/${name}`)).status === 404;
      });
    };

    it('are held, told, followed and let go, once for two runners', async () => {
      const [first, second] = [await runner(), await runner()];
      await put('by-image', { maxParallelExecutions: 2 });
      await eventually('the status tells', withinMs, async () => isTold('by-image'));
      expect(jsonAt(await read('by-image'), 'metadata', 'finalizers')).to.deep.equal([finalizer]);
      await eventually('both know', withinMs, () => [first, second].every((each) => each.find(image) !== undefined));
      await put('by-image', { maxParallelExecutions: 5 });
      await eventually('the status tells again', withinMs, async () => isTold('by-image'));
      await eventually('both know', withinMs, () =>
        [first, second].every((each) => each.find(image)?.pod?.maxPods === 5),
      );
      await goes('by-image');
      await eventually('both know', withinMs, () => [first, second].every((each) => each.find(image) === undefined));
    });

    it('cost nothing once they are told', async () => {
      await put('quiet', {});
      await runner();
      await eventually('the status tells', withinMs, async () => isTold('quiet'));
      const before = (await cluster.requests(runnerUser)).length;
      await runner();
      const writes = (await cluster.requests(runnerUser)).slice(before).filter(({ verb }) => verb === 'patch');
      expect(writes).to.deep.equal([]);
      await goes('quiet');
    });

    it('that are malformed say so in their status', async () => {
      const configs = await runner();
      await put('malformed', { maxParallelExecutions: -1 });
      await eventually('the status tells', withinMs, async () => {
        return String(jsonAt(await read('malformed'), 'status', 'error')).includes('maxParallelExecutions');
      });
      expect(configs.list()).to.deep.equal([]);
      await put('malformed', { maxParallelExecutions: 1 });
      await eventually('the status is well again', withinMs, async () => isTold('malformed'));
      expect(jsonAt(await read('malformed'), 'status', 'error')).to.be.undefined;
      await goes('malformed');
    });

    it('are none where the service may not read them', async () => {
      const configs = await runner('default');
      expect(configs.list()).to.deep.equal([]);
    });
  });
}

describe('FunctionConfigs of a cluster that does not know them', function () {
  requires('cluster');
  this.timeout(120_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await startCluster();
    await applyRole(cluster, 'porch');
    await cluster.kubectl(['delete', 'crd', 'functionconfigs.config.porch.kpt.dev']);
  });

  after(async () => cluster.stop());

  it('are none', async () => {
    const api = await runnerClient(cluster);
    const resource = functionConfigs(functionNamespace);
    const lines: string[] = [];
    const log = { ...silentLog, info: (message: string) => lines.push(message) };
    const store = new WatchedStore({ api, resource, log: silentLog, counters: noCounters });
    const configs = new FunctionConfigs({ api, resource, store, log, defaultImagePrefix: '', parseDuration });
    await configs.start();
    expect(configs.list()).to.deep.equal([]);
    expect(lines).to.deep.equal(['the cluster has no FunctionConfigs']);
    configs.close();
    await api.close();
  });
});
