import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { porchTemplate } from '../pods/plan/porch-template.ts';
import { functionNamespace as namespace } from '../support/cluster/runner-access.ts';
import { freePort } from '../support/free-port.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { requires } from '../support/requires.ts';
import { DoctorStage, expectLine, secretType } from './stage/doctor-stage.ts';

const core = `/api/v1/namespaces/${namespace}`;

describe('doctor, of a cluster', function () {
  requires('cluster', 'docker-registry', 'htpasswd');
  this.timeout(120_000);
  let stage: DoctorStage;

  before(async () => {
    stage = await DoctorStage.start();
  });

  after(async () => stage.stop());

  afterEach(async () => stage.reset());

  it('tells of a replica that is not what the file is, of another type, or of somebody else', async () => {
    await stage.putReplica('{"auths":{}}');
    const differing = await stage.look();
    expectLine(
      differing,
      `problem pull secret: ${namespace}/registry-auth-secret: it differs from the mounted file -> The service writes it`,
    );
    expect(differing.exitCode).to.equal(1);
    await stage.cluster.admin.must('DELETE', `${core}/secrets/registry-auth-secret`);
    await stage.put(`${core}/secrets`, 'registry-auth-secret', { type: 'Opaque' });
    expectLine(
      await stage.look(),
      `problem pull secret: ${namespace}/registry-auth-secret: it is of type "Opaque" -> Delete it`,
    );
    await stage.cluster.admin.must('DELETE', `${core}/secrets/registry-auth-secret`);
    const data = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
    await stage.put(`${core}/secrets?fieldManager=kubectl-create`, 'registry-auth-secret', { type: secretType, data });
    expectLine(
      await stage.look(),
      `problem pull secret: ${namespace}/registry-auth-secret: somebody else made it, and it differs`,
    );
  });

  it('tells which rules are missing in a Role, and what is not so without them', async () => {
    const file = await stage.restricted('cut', [
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'patch'] },
      { apiGroups: [''], resources: ['podtemplates'], verbs: ['get'] },
      { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'update'] },
    ]);
    const answer = await stage.look([`--kubeconfig=${file}`, stage.image]);
    expect(answer.exitCode).to.equal(1);
    const what = `create, delete pods in ${namespace} are not allowed: no function runs`;
    const rule = '{apiGroups: [""], resources: [pods], verbs: [create, delete]}';
    expectLine(answer, `problem rights: function pods: ${what} -> Add to the Role in ${namespace}: ${rule}`);
    expectLine(answer, `ok rights: pod template: get podtemplates base-pod-template in ${namespace}`);
    expectLine(answer, `ok rights: pull secret of the credentials: get, create, update secrets registry-auth-secret`);
    expectLine(
      answer,
      `warning rights: FunctionConfigs: list, watch functionconfigs in ${namespace} are not allowed: they count for nothing`,
    );
    expectLine(answer, 'warning rights: one tidier of several: ');
    expectLine(answer, `warning service account: ${namespace}/default: it may not be read`);
    expectLine(answer, `skipped namespace: ${namespace}: cannot tell`);
    expectLine(answer, `problem image: REGISTRY/team/fn:v1: the API server`);
    expect(answer.lines.at(-1)).to.match(/did not create pods.*403 Forbidden.* -> Allow the verb "create" on pods/);
  });

  it('tells of a namespace that is not there, whoever may ask', async () => {
    const admin = await stage.look([`--kubeconfig=${stage.cluster.adminKubeconfig}`, '--pod-namespace=nowhere']);
    expectLine(admin, 'problem namespace: nowhere: there is no such namespace -> kubectl create namespace nowhere');
    const everywhere = await stage.cluster.kubeconfigFor('porch-system', 'everywhere');
    const subjects = [{ kind: 'ServiceAccount', name: 'everywhere', namespace: 'porch-system' }];
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['*'] }];
    const group = 'rbac.authorization.k8s.io';
    await stage.cluster.apply(
      [
        { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'everywhere' }, rules },
        {
          apiVersion: `${group}/v1`,
          kind: 'ClusterRoleBinding',
          metadata: { name: 'everywhere' },
          roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'everywhere' },
          subjects,
        },
      ]
        .map((each) => JSON.stringify(each))
        .join('\n---\n'),
    );
    const pods = await stage.look([`--kubeconfig=${everywhere}`, '--pod-namespace=nowhere']);
    expectLine(pods, 'problem namespace: nowhere: there is no such namespace');
  });

  it("warns of Porch's own default template, and tells of a namespace that takes no such pods", async () => {
    await stage.putTemplate(porchTemplate);
    const before = await stage.look([stage.image]);
    expectLine(before, `warning pod template: PodTemplate ${namespace}/base-pod-template: it is the default of Porch`);
    await stage.label('pod-security.kubernetes.io/enforce', 'restricted');
    const answer = await stage.look([stage.image]);
    expect(answer.exitCode).to.equal(1);
    expect(answer.lines.at(-1)).to.match(
      /^problem image: .*violates PodSecurity "restricted.* -> The cluster refuses it by policy or quota/,
    );
  });

  it('tells of a template that cannot be used', async () => {
    const spec = { containers: [{ name: 'other', image: 'a' }] };
    await stage.putTemplate({ metadata: {}, spec });
    expectLine(
      await stage.look(),
      `problem pod template: PodTemplate ${namespace}/base-pod-template: template.spec.containers has no container`,
    );
  });

  it('tells of a ConfigMap of a template that is not there', async () => {
    const { lines } = await stage.look([
      `--kubeconfig=${stage.cluster.adminKubeconfig}`,
      '--function-pod-template=absent',
    ]);
    expect(lines.join('\n')).to.match(
      /^problem pod template: ConfigMap \S+\/absent: it is not there, or has no key template; built in is used instead -> Make it/m,
    );
  });

  it('tells of a FunctionConfig that cannot be read', async () => {
    const path = `/apis/config.porch.kpt.dev/v1alpha1/namespaces/${namespace}/functionconfigs`;
    const object = { apiVersion: 'config.porch.kpt.dev/v1alpha1', kind: 'FunctionConfig' };
    await stage.put(path, 'bad', { ...object, spec: { image: 'set:v1', podExecutor: {} } });
    const answer = await stage.look();
    expectLine(answer, 'problem FunctionConfigs: bad: spec.image has a tag or digest');
    expectLine(answer, 'ok FunctionConfigs: 0 of 1 can be read');
  });

  it('tells of service accounts and pull secrets that are not there, or that no node can use', async () => {
    await stage.put(`${core}/secrets`, 'plain', { stringData: { a: 'canary' } });
    const admin = `--kubeconfig=${stage.cluster.adminKubeconfig}`;
    const answer = await stage.look([
      admin,
      '--function-service-account=nobody',
      '--pull-secrets=absent,plain',
      stage.image,
    ]);
    expectLine(answer, `problem service account: ${namespace}/nobody: there is no such service account`);
    expectLine(
      answer,
      `problem service account: pull secret ${namespace}/absent: it is not there -> kubectl create secret docker-registry absent`,
    );
    expectLine(
      answer,
      `problem service account: pull secret ${namespace}/plain: is of type "Opaque", which nodes read no credentials from`,
    );
    expect(answer.lines.at(-1)).to.match(/^problem image: .*service account .*nobody.*not found/);
  });

  it('tells of an API server that is not there, or does not know us, and goes on', async () => {
    const access = await readFile(stage.kubeconfig, 'utf8');
    const folder = await tempFolder('kubeconfig');
    stage.undo(async () => folder.remove());
    const closed = join(folder.path, 'closed');
    await writeFile(closed, access.replace(stage.cluster.server.host, `127.0.0.1:${String(await freePort())}`));
    const absent = await stage.look([`--kubeconfig=${closed}`, stage.image]);
    expect(absent.lines.join('\n')).to.match(
      /^problem cluster: 127.0.0.1:\d+: no answer from the API server .* -> Check the server address/m,
    );
    expectLine(absent, 'skipped rights: the cluster cannot be asked');
    expect(absent.lines.at(-1)).to.equal(
      'skipped image: REGISTRY/team/fn:v1: its pod cannot be planned: the cluster cannot be asked',
    );
    const stranger = join(folder.path, 'stranger');
    await writeFile(stranger, access.replace(/"token":"[^"]+"/, '"token":"canary-of-nobody"'));
    const unknown = await stage.look([`--kubeconfig=${stranger}`]);
    expect(unknown.lines.join('\n')).to.match(
      /^problem cluster: \S+: .*401 Unauthorized.* -> Check the service account token/m,
    );
    expectLine(unknown, 'skipped rights: the API server does not let us ask');
  });
});

describe("doctor, of Porch's own Role", function () {
  requires('cluster', 'docker-registry', 'htpasswd');
  this.timeout(120_000);

  it('warns of what is done in a poorer way, and finds all that is needed', async () => {
    const stage = await DoctorStage.start('porch');
    try {
      await stage.putReplica(stage.config);
      const answer = await stage.look([stage.image]);
      const others = answer.lines
        .filter((line) => !/^(ok|skipped) /.test(line))
        .map((line) => line.split(': ', 2).join(': '));
      expect(others).to.deep.equal([
        'warning rights: one tidier of several',
        'warning rights: pull secrets of the account',
        `warning service account: ${namespace}/default`,
      ]);
      expect(answer.exitCode).to.equal(0);
    } finally {
      await stage.stop();
    }
  });
});
