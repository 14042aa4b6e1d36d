import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { systemClock } from '../../src/core/clock.ts';
import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import type { ApiClient } from '../../src/kubernetes/api-client.ts';
import type { Pod } from '../../src/kubernetes/pod.ts';
import { pods, services } from '../../src/kubernetes/resources.ts';
import { WatchedStore } from '../../src/kubernetes/watched-store.ts';
import { manager } from '../../src/kubernetes/manager.ts';
import { podMarks } from '../../src/pods/pod-marks.ts';
import type { PodPlan } from '../../src/pods/pod-plan.ts';
import { Pool } from '../../src/pods/pool/pool.ts';
import { waitUntil } from '../local/wait-until.ts';
import { patient, planOf, runningStatus } from '../pods/pool/pool-harness.ts';
import { PodServers } from '../pods/pool/pod-servers.ts';
import { type Cluster, startCluster } from '../support/cluster/cluster.ts';
import {
  applyRole,
  functionNamespace,
  type RoleName,
  runnerClient,
  runnerUser,
} from '../support/cluster/runner-access.ts';
import { requires } from '../support/requires.ts';

const podsPath = `/api/v1/namespaces/${functionNamespace}/pods`;

interface Runner {
  readonly pool: Pool;
  readonly store: WatchedStore<Pod>;
  readonly api: ApiClient;
}

for (const role of ['porch', 'ours'] satisfies readonly RoleName[]) {
  describe(`the pool on a real API server, under ${role === 'ours' ? 'our' : "Porch's"} Role`, function () {
    requires('cluster');
    this.timeout(120_000);
    let cluster: Cluster;
    let servers: PodServers;
    let runners: Runner[] = [];

    before(async () => {
      cluster = await startCluster();
      await applyRole(cluster, role);
      if (role === 'ours')
        await cluster.apply(await readFile('manifests/components/service-per-pod/role.yaml', 'utf8'));
    });

    after(async () => cluster.stop());

    beforeEach(() => {
      servers = new PodServers();
    });

    afterEach(async () => {
      for (const { pool, store, api } of runners) {
        await pool.close();
        store.close();
        await api.close();
      }
      runners = [];
      await cluster.kubectl(['-n', functionNamespace, 'delete', 'pods,services', '--all', '--now']);
    });

    async function runner(podAddress: 'ip' | 'service' = 'ip'): Promise<Runner> {
      const api = await runnerClient(cluster);
      const resource = pods(functionNamespace);
      const labelSelector = `${podMarks.managedBy}=${manager}`;
      const shared = { api, resource, log: silentLog, counters: noCounters, clock: systemClock };
      const store = new WatchedStore({ ...shared, labelSelector });
      await store.start();
      const pool = new Pool({
        ...shared,
        pods: store,
        services: services(functionNamespace),
        connect: servers.connect,
        podAddress,
        podReadyTimeoutMs: 20_000,
        evaluationTimeoutMs: 1000,
        scanIntervalMs: 500,
      });
      pool.start();
      const made = { pool, store, api };
      runners.push(made);
      return made;
    }

    const names = async (): Promise<readonly string[]> => {
      const { stdout } = await cluster.kubectl(['-n', functionNamespace, 'get', 'pods', '-o', 'name']);
      return stdout.split('\n').filter((line) => line !== '');
    };

    /** As a kubelet would say it. */
    async function run(podIP: string): Promise<void> {
      await waitUntil(async () => (await names()).length > 0, 10_000);
      servers.serve(`${podIP}:9446`);
      for (const name of await names()) {
        const path = `${podsPath}/${name.replace('pod/', '')}/status`;
        await cluster.admin.must('PATCH', path, { status: status(podIP) });
      }
    }

    /** No controller runs that fills in what is used; and admission learns of it with its own watch. */
    async function fullQuota(): Promise<void> {
      const path = `/api/v1/namespaces/${functionNamespace}/resourcequotas`;
      const spec = { hard: { pods: '0' } };
      await cluster.admin.must('POST', path, { metadata: { name: 'none' }, spec });
      await cluster.admin.must('PATCH', `${path}/none/status`, { status: { ...spec, used: { pods: '0' } } });
      const probe = { metadata: { name: 'probe' }, spec: { containers: [{ name: 'function', image: 'a.test/b' }] } };
      await waitUntil(async () => {
        const { status: answer } = await cluster.admin.request('POST', podsPath, probe);
        if (answer < 300) await cluster.admin.must('DELETE', `${podsPath}/probe`);
        return answer === 403;
      }, 20_000);
    }

    const call = async ({ pool }: Runner, plan: PodPlan): Promise<number> =>
      (await pool.run(plan, { image: plan.image, resourceList: new Uint8Array() }, patient)).exitCode;

    it('shares one pod among replicas that start it at once, and asks nothing when it is warm', async () => {
      const [one, other] = [await runner(), await runner()];
      const plan = planOf();
      const cold = [one, other, one, other].map(async (replica) => call(replica, plan));
      await run('10.0.0.1');
      expect(await Promise.all(cold)).to.deep.equal([0, 0, 0, 0]);
      expect(await names()).to.have.length(1);
      const before = (await cluster.requests(runnerUser)).length;
      for (let again = 0; again < 10; again += 1) await call(one, plan);
      expect((await cluster.requests(runnerUser)).length).to.equal(before);
    });

    it('marks an idle pod and deletes it once it is drained', async () => {
      const replica = await runner();
      const cold = call(replica, planOf({ ttlMs: 1500 }));
      await run('10.0.0.2');
      await cold;
      await waitUntil(async () => (await names()).length === 0, 15_000);
      const verbs = (await cluster.requests(runnerUser)).map(({ verb, resource }) => `${verb} ${resource}`);
      expect(verbs).to.include('patch pods').and.include('delete pods');
      expect(servers.open).to.equal(0);
    });

    it('tells why a pod cannot start, and deletes it', async () => {
      const replica = await runner();
      const cold = call(replica, planOf()).catch((error: unknown) => String(error));
      await waitUntil(async () => (await names()).length > 0, 10_000);
      const waiting = { ...containerStatus, state: { waiting: { reason: 'InvalidImageName' } } };
      const [name = ''] = await names();
      await cluster.admin.must('PATCH', `${podsPath}/${name.replace('pod/', '')}/status`, {
        status: { containerStatuses: [waiting] },
      });
      expect(await cold).to.include('InvalidImageName');
      await waitUntil(async () => (await names()).length === 0, 10_000);
    });

    it('gives a quota as the reason', async () => {
      const replica = await runner();
      await fullQuota();
      const error = await call(replica, planOf()).catch((thrown: unknown) => String(thrown));
      await cluster.kubectl(['-n', functionNamespace, 'delete', 'quota', 'none']);
      expect(error).to.include('exceeded quota: none');
    });

    it('makes a Service that belongs to its pod, and takes it away with it', async () => {
      const replica = await runner('service');
      const plan = planOf({ ttlMs: 1500 });
      const cold = call(replica, plan);
      await waitUntil(async () => (await names()).length > 0, 10_000);
      const [name = ''] = await names();
      servers.serve(`svc-${name.replace('pod/', '')}.${functionNamespace}.svc.cluster.local:9446`);
      await run('10.0.0.3');
      await cold;
      const listed = async (): Promise<string> =>
        (await cluster.kubectl(['-n', functionNamespace, 'get', 'services', '-o', 'name'])).stdout;
      expect(await listed()).to.include('svc-');
      await waitUntil(async () => (await listed()) === '', 15_000);
    });
  });
}

const containerStatus = {
  name: 'function',
  ready: false,
  restartCount: 0,
  image: 'registry.test/fn:v1',
  imageID: '',
};

function status(podIP: string): object {
  const state = { running: { startedAt: new Date().toISOString() } };
  return { ...runningStatus(podIP), podIPs: [{ ip: podIP }], containerStatuses: [{ ...containerStatus, state }] };
}
