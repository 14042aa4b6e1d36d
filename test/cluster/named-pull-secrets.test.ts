import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { porchTemplate } from '../pods/plan/porch-template.ts';
import { mayReadNamed, type NamedStage, secondLogin, startNamedStage } from './stage/named-stage.ts';
import { login, nextLogin, podNamespace, stageNeeds, stageTimeoutMs } from './stage/stage.ts';
import { resourceList } from './stage/stage-service.ts';

const annotation = 'fn.kpt.dev/pull-secrets';
const functions = [
  'linked',
  'again',
  'own',
  'all',
  'accounts',
  'cold',
  'rotated',
  'second/two',
  'second/missing',
  'second/legacy',
  'second/template',
];
const secrets = ['account-secret', 'own-secret', 'all-secret', 'second-secret', 'template-secret', 'legacy', 'absent'];

describe('pull secrets that users name, under our Role', function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let named: NamedStage;
  let service: TestService;

  before(async function () {
    this.timeout(stageTimeoutMs);
    named = await startNamedStage(
      'ours',
      functions.map((name) => `${name}:v1`),
    );
    await mayReadNamed(named.stage, secrets, ['default', 'builder']);
    for (const name of ['account-secret', 'own-secret', 'all-secret']) {
      await named.pullSecret(name, named.stage.registry, login);
    }
    service = await named.serve();
  });

  after(async () => {
    await service.stop();
    await named.stop();
    expect(named.stage.node.errors).to.deep.equal([]);
  });

  const image = (name: string): string => {
    const { authority } = name.startsWith('second/') ? named.second : named.stage.registry;
    return `${authority}/${name}:v1`;
  };
  const evaluate = async (name: string, by = service): Promise<void> => {
    const { resourceList: output } = await by.porchEvaluate(image(name), resourceList);
    expect(output.toString()).to.equal(resourceList);
  };
  const secretsOf = async (name: string): Promise<readonly unknown[]> =>
    named.secretsOf(image(name).replace(/:v1$/, ''));
  const requests = async (): Promise<readonly string[]> =>
    (await named.stage.cluster.requests(named.stage.user))
      .filter(({ verb, resource }) => verb !== 'watch' && resource !== 'leases' && resource !== 'functionconfigs')
      .map(({ verb, resource, status }) => `${verb} ${resource} ${String(status)}`);

  it('are picked up from the service account as soon as one is linked', async () => {
    const failure = await grpcFailureOf(service.porchEvaluate(image('linked'), resourceList));
    expect(failure.status).to.equal('PERMISSION_DENIED');
    const linked = await named.stage.cluster.kubectl([
      'patch',
      'serviceaccount',
      'default',
      `--namespace=${podNamespace}`,
      '--patch={"imagePullSecrets":[{"name":"account-secret"}]}',
    ]);
    expect(linked.exitCode, linked.stderr).to.equal(0);
    await eventually('the secret counts', 5000, async () =>
      service.resolve(image('linked')).then(
        () => true,
        () => false,
      ),
    );
    await evaluate('linked');
    expect(await secretsOf('linked')).to.deep.equal(['account-secret']);
    expect(named.pulledWith('linked')).to.equal('account-secret');
    expect(named.pulledWith('porch/wrapper-server')).to.equal('account-secret');
  });

  it('cost a cold evaluation no request but for its pod, and a warm one none', async () => {
    const before = (await requests()).length;
    await evaluate('again');
    expect((await requests()).slice(before)).to.deep.equal(['create pods 201']);
    for (let call = 0; call < 10; call += 1) await evaluate('again');
    expect((await requests()).slice(before)).to.have.length(1);
  });

  it('are those of one function, which its FunctionConfig names, before those of the account', async () => {
    await named.configure('own', { [annotation]: 'own-secret' });
    await eventually('the FunctionConfig is known', 5000, async () => configured('own'));
    const before = (await requests()).length;
    await evaluate('own');
    expect((await requests()).slice(before)).to.deep.equal(['create pods 201']);
    expect(await secretsOf('own')).to.deep.equal(['own-secret', 'account-secret']);
    expect(named.pulledWith('own')).to.equal('own-secret');
  });

  it('are those of --pull-secrets, before those of --function-service-account', async () => {
    await named.link('builder', ['account-secret']);
    const another = await named.serve('--pull-secrets=all-secret', '--function-service-account=builder');
    await evaluate('all', another);
    await another.stop();
    expect(await secretsOf('all')).to.deep.equal(['all-secret', 'account-secret']);
    expect(named.pulledWith('all')).to.equal('all-secret');
  });

  it('are those of the account that a FunctionConfig names', async () => {
    await named.link('builder', ['own-secret']);
    await named.configure('accounts', {}, { templateOverrides: { serviceAccountName: 'builder' } });
    await eventually('the FunctionConfig is known', 5000, async () => configured('accounts'));
    await evaluate('accounts');
    expect(await secretsOf('accounts')).to.deep.equal(['own-secret']);
  });

  it('open two registries in one pod', async () => {
    await named.pullSecret('second-secret', named.second, secondLogin);
    await named.link('default', ['account-secret', 'second-secret']);
    await eventually('the secret counts', 5000, async () => resolves('second/two'));
    await evaluate('second/two');
    expect(await secretsOf('second/two')).to.deep.equal(['account-secret', 'second-secret']);
    expect(named.pulledWith('second/two')).to.equal('second-secret');
  });

  it('count with what they hold now, when they are rotated', async () => {
    await evaluate('cold');
    await named.stage.registry.setUsers({ [nextLogin.name]: nextLogin.password });
    await named.pullSecret('account-secret', named.stage.registry, nextLogin);
    await eventually('the new login counts', 2000, async () => resolves('rotated'));
    await evaluate('rotated');
    expect(named.pulledWith('rotated')).to.equal('account-secret');
    await named.stage.registry.setUsers({ [login.name]: login.password, [nextLogin.name]: nextLogin.password });
  });

  it('are named in the error where they are missing, with what to do', async () => {
    await named.link('default', ['account-secret']);
    await named.configure('missing', { [annotation]: 'absent' });
    await eventually('the FunctionConfig is known', 5000, async () => configured('missing'));
    await eventually('the account is known', 5000, async () => !(await resolves('second/two', true)));
    const failure = await grpcFailureOf(service.evaluate(image('second/missing'), resourceList));
    expect(failure).to.include({ status: 'PERMISSION_DENIED', reason: 'AUTH_DENIED' });
    expect(failure.message).to.include(`pull secret ${podNamespace}/absent is not there`);
    expect(failure.hint).to.match(/^Make it: kubectl create secret docker-registry absent -n porch-fn-system /);
    const warnings = service.logLines.filter((line) => /"level":"warn".*"secret":"absent"/.test(line));
    expect(warnings).to.have.length(1);
    await named.pullSecret('absent', named.second, secondLogin);
    await eventually('the secret counts', 5000, async () => resolves('second/missing'));
    await evaluate('second/missing');
  });

  it('may be of the older type', async () => {
    const auth = Buffer.from(`${secondLogin.name}:${secondLogin.password}`).toString('base64');
    const stringData = { '.dockercfg': JSON.stringify({ [named.second.authority]: { auth } }) };
    const secret = { metadata: { name: 'legacy' }, type: 'kubernetes.io/dockercfg', stringData };
    await named.stage.cluster.admin.must('POST', `/api/v1/namespaces/${podNamespace}/secrets`, secret);
    const another = await named.serve('--pull-secrets=legacy');
    await evaluate('second/legacy', another);
    await another.stop();
    expect(named.pulledWith('second/legacy')).to.equal('legacy');
  });

  it('stay where a pod template names them, and count for finding images', async () => {
    await named.pullSecret('template-secret', named.second, secondLogin);
    const { metadata, spec } = porchTemplate;
    const template = { metadata, spec: { ...spec, imagePullSecrets: [{ name: 'template-secret' }] } };
    await named.stage.cluster.admin.must('POST', `/api/v1/namespaces/${podNamespace}/podtemplates`, {
      metadata: { name: 'base-pod-template' },
      template,
    });
    await eventually('the template counts', 5000, async () => resolves('second/template'));
    await evaluate('second/template');
    expect(await secretsOf('second/template')).to.deep.equal(['template-secret', 'account-secret']);
    expect(named.pulledWith('second/template')).to.equal('template-secret');
  });

  it('are read with no right that is not there', async () => {
    const refused = (await named.stage.cluster.requests(named.stage.user)).filter(({ status }) => status === 403);
    expect(refused).to.deep.equal([]);
  });

  async function resolves(name: string, refresh = false): Promise<boolean> {
    return service.resolve(image(name), { refresh }).then(
      () => true,
      () => false,
    );
  }

  /** Its finalizer and status are written by those who have read it. */
  async function configured(name: string): Promise<boolean> {
    const { status, body } = await named.stage.cluster.admin.request(
      'GET',
      `/apis/config.porch.kpt.dev/v1alpha1/namespaces/${podNamespace}/functionconfigs/${name}`,
    );
    return status === 200 && JSON.stringify(body).includes('functionRunnerObservedGeneration');
  }
});
