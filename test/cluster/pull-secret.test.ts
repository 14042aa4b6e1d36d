import { expect } from 'chai';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { parseReference } from '../../src/image/reference.ts';
import type { ApiClient } from '../../src/kubernetes/api-client.ts';
import { openStore } from '../../src/kubernetes/open-store.ts';
import { Permissions } from '../../src/kubernetes/permissions.ts';
import { PullSecret } from '../../src/kubernetes/pull-secret/pull-secret.ts';
import { MountedPullSecretSource } from '../../src/kubernetes/pull-secret/pull-secret-source.ts';
import { secrets } from '../../src/kubernetes/resources.ts';
import { refused } from '../core/mounted-text.ts';
import { type Cluster, startCluster } from '../support/cluster/cluster.ts';
import { applyRole, functionNamespace, runnerClient, runnerUser } from '../support/cluster/runner-access.ts';
import { eventually } from '../support/eventually.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { dockerConfigJson, mountSecret, type MountedSecret } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';

const name = 'registry-auth-secret';
const file = '.dockerconfigjson';
const path = `/api/v1/namespaces/${functionNamespace}/secrets`;
const one = dockerConfigJson({ 'a.io': 'ada:one' });
const two = dockerConfigJson({ 'a.io': 'ada:two' });
const image = parseReference('a.io/x:1');
const withinMs = 5000;
/** Of a change that nobody tells us of, where secrets may not be watched. */
const lookMs = 7000;

for (const role of ['ours', 'porch'] as const) {
  describe(`the pull secret under ${role === 'ours' ? 'our' : "Porch's own"} Role`, function () {
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
      await cluster.admin.request('DELETE', `${path}/${name}`);
    });

    const mount = async (text: string, swappedAtMs: number): Promise<MountedSecret> => {
      const mounted = await mountSecret({ [file]: text });
      undo.push(async () => mounted.remove());
      await stamp(mounted, swappedAtMs);
      return mounted;
    };
    const stamp = async (mounted: MountedSecret, swappedAtMs: number): Promise<void> =>
      utimes(join(mounted.path, '..data'), swappedAtMs / 1000, swappedAtMs / 1000);
    const swap = async (mounted: MountedSecret, text: string): Promise<void> => mounted.swap({ [file]: text });
    const client = async (): Promise<ApiClient> => {
      const api = await runnerClient(cluster);
      undo.push(async () => api.close());
      return api;
    };
    const runner = async (mounted: MountedSecret): Promise<PullSecret> => {
      const api = await client();
      const resource = secrets(functionNamespace);
      const permissions = new Permissions({ api, log: silentLog });
      const shared = { api, permissions, resource, log: silentLog, counters: noCounters };
      const source = new MountedPullSecretSource({ path: mounted.file(file), log: silentLog, counters: noCounters });
      const pullSecret = new PullSecret({
        ...shared,
        openStore: async (secret) => openStore({ ...shared, name: secret }),
        name,
        source,
        scope: 'all',
        adopt: false,
      });
      undo.push(() => {
        pullSecret.close();
      });
      return pullSecret;
    };
    const content = async (): Promise<string> => {
      const { body } = await cluster.admin.request('GET', `${path}/${name}`);
      const data = jsonAt(body, 'data', file);
      return typeof data === 'string' ? Buffer.from(data, 'base64').toString() : '';
    };
    const writers = async (): Promise<readonly string[]> => {
      const { body } = await cluster.admin.request('GET', `${path}/${name}`);
      const fields = jsonList(jsonAt(body, 'metadata'), 'managedFields');
      return fields.map((entry) => `${String(jsonAt(entry, 'manager'))} ${String(jsonAt(entry, 'operation'))}`);
    };
    const holds = async (text: string, ms = withinMs): Promise<void> =>
      eventually('the secret holds its source', ms, async () => (await content()) === text);
    const writes = async (): Promise<number> =>
      (await cluster.requests(runnerUser)).filter(
        ({ verb, resource }) => resource === 'secrets' && !['get', 'list', 'watch'].includes(verb),
      ).length;
    const post = async (body: object, query = ''): Promise<void> => {
      await cluster.admin.must('POST', `${path}${query}`, { metadata: { name }, ...body });
    };
    const encoded = (text: string): object => ({ [file]: Buffer.from(text).toString('base64') });
    const type = 'kubernetes.io/dockerconfigjson';

    it('is there before the first pod, as ours, and costs no write from then on', async () => {
      const pullSecret = await runner(await mount(one, Date.now() - 1000));
      await pullSecret.start();
      const secret = await cluster.admin.must('GET', `${path}/${name}`);
      expect(await content()).to.equal(one);
      expect(jsonAt(secret, 'type')).to.equal(type);
      expect(jsonAt(secret, 'metadata', 'labels', 'app.kubernetes.io/managed-by')).to.equal('krm-function-runner');
      expect(await writers()).to.deep.equal([`krm-function-runner ${role === 'ours' ? 'Apply' : 'Update'}`]);
      const before = await cluster.requests(runnerUser);
      for (let call = 0; call < 20; call += 1) await pullSecret.ensure([image], AbortSignal.timeout(1000));
      expect(await cluster.requests(runnerUser)).to.have.length(before.length);
    });

    it('follows its mounted file within five seconds', async () => {
      const mounted = await mount(one, Date.now() - 60_000);
      await (await runner(mounted)).start();
      await swap(mounted, two);
      await holds(two);
    });

    it('keeps its field manager and what others have put there when it is written again', async () => {
      const mounted = await mount(one, Date.now() - 60_000);
      await (await runner(mounted)).start();
      const label = { metadata: { labels: { team: 'a' } } };
      await cluster.admin.must('PATCH', `${path}/${name}?fieldManager=kubectl-label`, label);
      await swap(mounted, two);
      await holds(two);
      const secret = await cluster.admin.must('GET', `${path}/${name}`);
      expect(jsonAt(secret, 'metadata', 'labels', 'team')).to.equal('a');
      const own = role === 'ours' ? 'krm-function-runner Apply' : 'krm-function-runner Update';
      expect((await writers()).toSorted()).to.deep.equal(['kubectl-label Update', own].toSorted());
    });

    it('is repaired after an edit and after a deletion', async () => {
      await (await runner(await mount(one, Date.now() - 60_000))).start();
      await cluster.admin.must('PATCH', `${path}/${name}`, { data: encoded('{}'), metadata: { labels: null } });
      await holds(one, lookMs);
      await cluster.admin.must('DELETE', `${path}/${name}`);
      await holds(one, lookMs);
    });

    it('is written once when another runner is fed late, and never goes back', async () => {
      const [fast, late] = [await mount(one, Date.now() - 90_000), await mount(one, Date.now() - 60_000)];
      const lateRunner = await runner(late);
      await (await runner(fast)).start();
      await lateRunner.start();
      const before = await writes();
      await swap(fast, two);
      await holds(two);
      const untilMs = Date.now() + lookMs;
      await eventually('the late runner has looked', lookMs + 1000, async () => {
        await lateRunner.ensure([image], AbortSignal.timeout(5000));
        expect(await content()).to.equal(two);
        return Date.now() > untilMs;
      });
      await swap(late, two);
      await stamp(late, Date.now() + 60_000);
      await lateRunner.ensure([image], AbortSignal.timeout(5000));
      expect(await content()).to.equal(two);
      expect((await writes()) - before).to.equal(1);
    });

    it('is one for three runners that start at once', async () => {
      const runners = await Promise.all([1, 2, 3].map(async () => runner(await mount(one, Date.now() - 60_000))));
      await Promise.all(runners.map(async (each) => each.ensure([image], AbortSignal.timeout(10_000))));
      expect(await content()).to.equal(one);
    });

    it('is taken over from Porch', async () => {
      await post({ type, data: encoded(two) }, '?fieldManager=server');
      await (await runner(await mount(one, Date.now() - 1000))).start();
      expect(await content()).to.equal(one);
    });

    it('of somebody else stays as it is', async () => {
      await post({ type, data: encoded(two) }, '?fieldManager=kubectl-create');
      const pullSecret = await runner(await mount(one, Date.now() - 1000));
      await pullSecret.start();
      const error = await refused(pullSecret.ensure([image], AbortSignal.timeout(5000)));
      expect(error.code).to.equal('PULL_SECRET');
      expect(error.details.hint).to.include('--adopt-pull-secret');
      expect(await content()).to.equal(two);
    });

    it('of another type is an error', async () => {
      await post({ type: 'Opaque' });
      const pullSecret = await runner(await mount(one, Date.now() - 1000));
      const error = await refused(pullSecret.ensure([image], AbortSignal.timeout(5000)));
      expect(error.message).to.include('"Opaque"');
    });
  });
}
