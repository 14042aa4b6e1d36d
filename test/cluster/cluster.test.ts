import { expect } from 'chai';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { jsonAt } from '../support/json-at.ts';
import { startCluster } from '../support/cluster/cluster.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import type { ProgramResult } from '../support/program.ts';
import { requires } from '../support/requires.ts';

describe('a test cluster', function () {
  requires('cluster');
  this.timeout(120_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await startCluster();
  });

  after(async () => cluster.stop());

  it('is of the version that its programs are pinned to', async () => {
    const version = jsonAt(await cluster.admin.must('GET', '/version'), 'gitVersion');
    expect(version).to.match(/^v1\.\d+\.\d+/);
  });

  it('applies YAML, and makes what a controller would for its namespaces', async () => {
    await cluster.apply(
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: applied}\n---\n' +
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: applied}\ndata: {key: value}\n',
    );
    const config = await cluster.admin.must('GET', '/api/v1/namespaces/applied/configmaps/a');
    expect(jsonAt(config, 'data', 'key')).to.equal('value');
    const account = await cluster.admin.request('GET', '/api/v1/namespaces/applied/serviceaccounts/default');
    expect(account.status).to.equal(200);
  });

  it('says what is wrong with YAML that it refuses', async () => {
    const refusal = await cluster.apply('apiVersion: v1\nkind: Nothing\nmetadata: {name: a}\n').catch(String);
    expect(refusal).to.include('Nothing');
  });

  it('takes a pod, which stays pending because nothing runs it', async () => {
    const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'example.com/c' }] } };
    await cluster.admin.must('POST', '/api/v1/namespaces/default/pods', pod);
    const read = await cluster.admin.must('GET', '/api/v1/namespaces/default/pods/p');
    expect(jsonAt(read, 'status', 'phase')).to.equal('Pending');
  });

  it('lets a service account do what its role says and no more, and counts its requests', async () => {
    const file = await cluster.kubeconfigFor('team', 'runner');
    const before = await getPods(file);
    expect(before.stderr).to.include('Forbidden');
    await cluster.apply(
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: pods, namespace: team}\n' +
        'rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]\n---\n' +
        'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: pods, namespace: team}\n' +
        'roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: pods}\n' +
        'subjects: [{kind: ServiceAccount, name: runner, namespace: team}]\n',
    );
    expect((await getPods(file)).exitCode).to.equal(0);
    const requests = await cluster.requests('system:serviceaccount:team:runner');
    const lists = requests.filter((request) => request.verb === 'list');
    expect(lists.map(({ resource, namespace, status }) => ({ resource, namespace, status }))).to.deep.equal([
      { resource: 'pods', namespace: 'team', status: 403 },
      { resource: 'pods', namespace: 'team', status: 200 },
    ]);
  });

  it('comes back after a crash with what it had stored', async () => {
    await cluster.createNamespace('kept');
    await cluster.kill();
    const down = await cluster.admin.request('GET', '/readyz').catch(() => 'down');
    expect(down).to.equal('down');
    await cluster.restart();
    expect((await cluster.admin.request('GET', '/api/v1/namespaces/kept')).status).to.equal(200);
  });

  it('leaves nothing behind when it is stopped, and another can run', async () => {
    const other = await startCluster();
    const folder = dirname(other.adminKubeconfig);
    await other.stop();
    expect(await stat(folder).catch(() => 'gone')).to.equal('gone');
    expect(await other.admin.request('GET', '/readyz').catch(() => 'gone')).to.equal('gone');
  });

  async function getPods(file: string): Promise<ProgramResult> {
    // The context names the namespace; the administrator's flags come first and this one wins.
    return cluster.kubectl([`--kubeconfig=${file}`, 'get', 'pods']);
  }
});
