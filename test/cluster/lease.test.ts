import { expect } from 'chai';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { leases } from '../../src/kubernetes/lease-object.ts';
import { Lease } from '../../src/kubernetes/lease.ts';
import { Permissions } from '../../src/kubernetes/permissions.ts';
import { type Cluster, startCluster } from '../support/cluster/cluster.ts';
import { renderedManifests } from '../support/cluster/rendered-manifests.ts';
import { unusedGrants } from '../support/cluster/role-use.ts';
import {
  applyRole,
  functionNamespace,
  type RoleName,
  runnerClient,
  runnerUser,
} from '../support/cluster/runner-access.ts';
import { eventually } from '../support/eventually.ts';
import { jsonAt } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';

const name = 'krm-function-runner';
const path = `/apis/coordination.k8s.io/v1/namespaces/${functionNamespace}/leases/${name}`;

for (const role of ['ours', 'porch'] satisfies readonly RoleName[]) {
  describe(`the lease under ${role === 'ours' ? 'our' : "Porch's own"} Role`, function () {
    requires('cluster');
    this.timeout(120_000);
    let cluster: Cluster;
    let undo: (() => Promise<void>)[] = [];

    before(async () => {
      cluster = await startCluster();
      await applyRole(cluster, role);
    });

    after(async () => cluster.stop());

    afterEach(async () => {
      for (const each of undo.toReversed()) await each();
      undo = [];
      await cluster.admin.request('DELETE', path);
    });

    /** `isDumb`: it knows nothing of its Role but what it is refused. */
    const contend = async (identity: string, isDumb = false): Promise<Lease> => {
      const api = await runnerClient(cluster);
      const resource = leases(functionNamespace);
      const permissions = isDumb
        ? { allows: async () => Promise.resolve(true) }
        : new Permissions({ api, log: silentLog });
      const shared = { api, resource, permissions, clock: systemClock, log: silentLog };
      const lease = new Lease({ ...shared, name, identity });
      undo.push(async () => {
        await lease.close();
        await api.close();
      });
      lease.start();
      return lease;
    };
    const asked = async (): Promise<readonly string[]> =>
      (await cluster.requests(runnerUser)).filter(({ resource }) => resource === 'leases').map(({ verb }) => verb);

    if (role === 'porch') {
      it('is none, nothing is asked, and every replica tidies up', async () => {
        const both = [await contend('a'), await contend('b')];
        await eventually('both tidy up', 5000, () => both.every((lease) => lease.mayCollectShared()));
        expect(await asked()).to.deep.equal([]);
      });

      it('is none once a 403 says so', async () => {
        const lease = await contend('a', true);
        await eventually('it tidies up', 5000, () => lease.mayCollectShared());
        expect(await asked()).to.deep.equal(['get']);
      });
      return;
    }

    it('is held by one replica, renewed, and passed on when that one is closed', async () => {
      const first = await contend('a');
      await eventually('the first has it', 5000, () => first.mayCollectShared());
      const second = await contend('b');
      const made = await cluster.admin.must('GET', path);
      expect(jsonAt(made, 'metadata', 'managedFields', 0, 'manager')).to.equal(name);
      expect(jsonAt(made, 'metadata', 'managedFields', 0, 'operation')).to.equal('Apply');
      expect(jsonAt(made, 'spec', 'holderIdentity')).to.equal('a');
      expect(jsonAt(made, 'spec', 'leaseDurationSeconds')).to.equal(15);
      await eventually('it is renewed', 8000, async () => {
        const now = await cluster.admin.must('GET', path);
        return jsonAt(now, 'spec', 'renewTime') !== jsonAt(made, 'spec', 'renewTime');
      });
      expect([first, second].map((lease) => lease.mayCollectShared())).to.deep.equal([true, false]);
      await first.close();
      expect(jsonAt(await cluster.admin.must('GET', path), 'spec', 'holderIdentity')).to.equal(undefined);
      await eventually('the second has it', 8000, () => second.mayCollectShared());
      const passed = await cluster.admin.must('GET', path);
      expect(jsonAt(passed, 'spec', 'holderIdentity')).to.equal('b');
      expect(jsonAt(passed, 'spec', 'leaseTransitions')).to.equal(1);
    });

    it('is held by one of three that come at once', async () => {
      const all = await Promise.all(['a', 'b', 'c'].map(async (identity) => contend(identity)));
      const holders = (): number => all.filter((lease) => lease.mayCollectShared()).length;
      await eventually('one has it', 5000, () => holders() === 1);
      const holder = jsonAt(await cluster.admin.must('GET', path), 'spec', 'holderIdentity');
      expect(['a', 'b', 'c'][all.findIndex((lease) => lease.mayCollectShared())]).to.equal(holder);
    });

    it('is taken over from one that has gone, whatever its clock said', async () => {
      const renewTime = new Date(Date.now() + 3_600_000).toISOString().replace('Z', '000Z');
      const spec = { holderIdentity: 'gone', leaseDurationSeconds: 15, renewTime, acquireTime: renewTime };
      await cluster.admin.must('POST', path.replace(`/${name}`, ''), { metadata: { name }, spec });
      const lease = await contend('a');
      const startMs = Date.now();
      await eventually('it is taken over', 25_000, () => lease.mayCollectShared());
      expect(Date.now() - startMs).to.be.greaterThan(14_000);
    });

    it('uses all that the Role says of leases, and nothing else', async () => {
      const objects = await renderedManifests('manifests/private-registries');
      const requests = await cluster.requests(runnerUser);
      expect(unusedGrants(objects, requests).filter((grant) => grant.includes('leases'))).to.deep.equal([]);
      expect(requests.filter(({ status }) => status === 403)).to.deep.equal([]);
    });
  });
}
