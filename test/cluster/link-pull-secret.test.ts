import { expect } from 'chai';
import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import type { Api } from '../../src/kubernetes/api.ts';
import { loadClusterAccess } from '../../src/kubernetes/cluster-access.ts';
import { linkPullSecret } from '../../src/kubernetes/pull-secret/link-pull-secret.ts';
import { type Cluster, startCluster } from '../support/cluster/cluster.ts';
import { functionRunner } from '../support/command-line.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import type { ProgramResult } from '../support/program.ts';
import { requires } from '../support/requires.ts';

const namespace = 'functions';
const core = `/api/v1/namespaces/${namespace}`;
const readAndPatch = ['get', 'patch'];

describe('link-pull-secret', function () {
  requires('cluster');
  this.timeout(120_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await startCluster();
    await cluster.createNamespace(namespace);
    for (const name of ['one', 'two', 'three', 'old']) await pullSecret(name, 'kubernetes.io/dockerconfigjson');
    await pullSecret('legacy', 'kubernetes.io/dockercfg');
    await cluster.admin.must('POST', `${core}/secrets`, { metadata: { name: 'plain' }, stringData: { a: 'canary' } });
  });

  after(async () => cluster.stop());

  beforeEach(async () => {
    await cluster.admin.must('PATCH', `${core}/serviceaccounts/default`, { imagePullSecrets: [{ name: 'old' }] });
  });

  const pullSecret = async (name: string, type: string): Promise<void> => {
    const json = type.endsWith('json');
    const stringData = json ? { '.dockerconfigjson': '{"auths":{}}' } : { '.dockercfg': '{}' };
    await cluster.admin.must('POST', `${core}/secrets`, { metadata: { name }, type, stringData });
  };
  const link = async (name: string, ...flags: readonly string[]): Promise<ProgramResult> =>
    functionRunner(['link-pull-secret', name, '-n', namespace, `--kubeconfig=${cluster.adminKubeconfig}`, ...flags]);
  const linked = async (account = 'default'): Promise<readonly unknown[]> => {
    const found = await cluster.admin.must('GET', `${core}/serviceaccounts/${account}`);
    return jsonList(found, 'imagePullSecrets').map((entry) => jsonAt(entry, 'name'));
  };
  const restricted = async (name: string, rules: readonly object[]): Promise<string> => {
    const file = await cluster.kubeconfigFor(namespace, name);
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name, namespace }, rules };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    const subjects = [{ kind: 'ServiceAccount', name, namespace }];
    const binding = { ...role, kind: 'RoleBinding', rules: undefined, roleRef, subjects };
    await cluster.apply([role, binding].map((each) => JSON.stringify(each)).join('\n---\n'));
    return file;
  };

  it('adds the secret to those that are there', async () => {
    const { exitCode, stdout, stderr } = await link('one');
    expect({ exitCode, stdout, stderr }).to.deep.equal({
      exitCode: 0,
      stdout: `linked: one to service account default in ${namespace}\npull secrets now: old, one\n`,
      stderr: '',
    });
    expect(await linked()).to.have.members(['old', 'one']);
  });

  it('changes nothing the second time, and says so', async () => {
    await link('one');
    const before = await writes();
    const { exitCode, stdout } = await link('one');
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^already linked: one to /);
    expect(await writes()).to.equal(before);
  });

  it('takes a secret of the older type', async () => {
    expect((await link('legacy')).exitCode).to.equal(0);
    expect(await linked()).to.have.members(['old', 'legacy']);
  });

  it('links to another service account than the default one', async () => {
    await cluster.tokenFor(namespace, 'builder');
    const { stdout } = await link('one', '--service-account=builder', '--output=json');
    const answer: unknown = JSON.parse(stdout);
    expect(answer).to.deep.equal({
      namespace,
      secret: 'one',
      serviceAccount: 'builder',
      changed: true,
      imagePullSecrets: ['one'],
      warnings: [],
    });
    expect(await linked('builder')).to.deep.equal(['one']);
    expect(await linked()).to.deep.equal(['old']);
  });

  it('loses none of those that are linked at once', async () => {
    const results = await Promise.all(['one', 'two', 'three'].map(async (name) => link(name)));
    expect(results.map(({ exitCode }) => exitCode)).to.deep.equal([0, 0, 0]);
    expect(await linked()).to.have.members(['old', 'one', 'two', 'three']);
  });

  it('looks again when somebody else writes between its look and its write', async () => {
    const access = await loadClusterAccess({ kubeconfig: cluster.adminKubeconfig, environment: {} });
    const api = new ApiClient({ access, log: silentLog, counters: noCounters });
    const names = ['two', 'three'];
    const interrupted: Pick<Api, 'get' | 'patch'> = {
      get: async (...args) => api.get(...args),
      patch: async (...args) => {
        const name = names.shift();
        if (name !== undefined) await link(name);
        return api.patch(...args);
      },
    };
    const result = await linkPullSecret(
      interrupted,
      { namespace, secret: 'one', serviceAccount: 'default' },
      AbortSignal.timeout(20_000),
    );
    await api.close();
    expect(result.changed).to.equal(true);
    expect(await linked()).to.deep.equal(['old', 'two', 'three', 'one']);
  });

  for (const { title, args, error, hint } of [
    {
      title: 'a secret that is not there',
      args: ['absent'],
      error: /there is no secret absent in namespace functions/,
      hint: /kubectl create secret docker-registry absent -n functions/,
    },
    {
      title: 'a secret that nodes cannot use',
      args: ['plain'],
      error: /the secret plain in namespace functions is of type "Opaque"/,
      hint: /kubernetes\.io\/dockerconfigjson or kubernetes\.io\/dockercfg/,
    },
    {
      title: 'a service account that is not there',
      args: ['one', '--service-account=nobody'],
      error: /there is no service account nobody in namespace functions/,
      hint: /kubectl create serviceaccount nobody -n functions/,
    },
  ]) {
    it(`refuses ${title}, says what to do, and changes nothing`, async () => {
      const [name = '', ...flags] = args;
      const { exitCode, stdout, stderr } = await link(name, ...flags);
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
      expect(stderr).to.match(error).and.to.match(hint);
      expect(stderr).not.to.include('canary');
      expect(await linked()).to.deep.equal(['old']);
    });
  }

  it('prints a failure as JSON on stdout', async () => {
    const { exitCode, stdout } = await link('absent', '-o', 'json');
    const answer: unknown = JSON.parse(stdout);
    expect(exitCode).to.equal(1);
    expect(jsonAt(answer, 'error', 'reason')).to.equal('PULL_SECRET');
  });

  it('names the rights that whoever runs it lacks', async () => {
    const file = await restricted('reader', [
      { apiGroups: [''], resources: ['secrets', 'serviceaccounts'], verbs: ['get'] },
    ]);
    const { exitCode, stderr } = await link('one', `--kubeconfig=${file}`);
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('verbs get and patch on serviceaccounts in namespace functions; "patch" is missing');
    expect(await linked()).to.deep.equal(['old']);
  });

  it('links without the right to read secrets, and says what was not checked', async () => {
    const file = await restricted('linker', [{ apiGroups: [''], resources: ['serviceaccounts'], verbs: readAndPatch }]);
    const { exitCode, stderr } = await link('one', `--kubeconfig=${file}`);
    expect(exitCode).to.equal(0);
    expect(stderr).to.match(
      /^warning: not checked whether one is there and is a pull secret: get secrets in functions/,
    );
    expect(await linked()).to.have.members(['old', 'one']);
  });

  it('ends with exit code 2 for names that cannot be', async () => {
    const { exitCode, stderr } = await link('../pods', '--service-account=', 'more');
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('needs one NAME, 2 are given').and.to.include('--service-account: "" is wrong');
    expect((await link('../pods')).stderr).to.include('"../pods" cannot be the name of a secret');
  });

  const writes = async (): Promise<number> =>
    (await cluster.requests()).filter(({ verb, resource }) => verb === 'patch' && resource === 'serviceaccounts')
      .length;
});
