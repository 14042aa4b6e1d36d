import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { type NamedStage, startNamedStage } from './stage/named-stage.ts';
import { login, nextLogin, stageNeeds, stageTimeoutMs } from './stage/stage.ts';
import { resourceList } from './stage/stage-service.ts';

const names = ['second/early', 'second/plain', 'second/lost', 'listed', 'rotated'];

describe("pull secrets that users name, under Porch's own Role, which lets no service account be read", function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let named: NamedStage;
  let service: TestService | undefined;

  before(async function () {
    this.timeout(stageTimeoutMs);
    named = await startNamedStage(
      'porch',
      names.map((name) => `${name}:v1`),
      true,
    );
    for (const name of ['account-secret', 'all-secret']) await named.pullSecret(name, named.stage.registry, login);
    await named.link('default', ['account-secret']);
  });

  afterEach(async () => {
    await service?.stop();
    service = undefined;
  });

  after(async () => {
    await named.stop();
    expect(named.stage.node.errors).to.deep.equal([]);
  });

  const repository = (name: string): string =>
    `${(name.startsWith('second/') ? named.second : named.stage.registry).authority}/${name}`;
  const evaluate = async (by: TestService, name: string): Promise<readonly unknown[]> => {
    const answer = await by.porchEvaluate(`${repository(name)}:v1`, resourceList);
    expect(answer.resourceList.toString()).to.equal(resourceList);
    return named.secretsOf(repository(name));
  };
  const linesAbout = (words: RegExp): readonly string[] => service?.logLines.filter((line) => words.test(line)) ?? [];

  it('are named where a node lacks them for an image that the service does not look up itself', async () => {
    service = await named.serve('--pull-secrets=gone');
    const failure = await grpcFailureOf(service.evaluate(`${repository('second/early')}:v1`, resourceList));
    expect(failure).to.include({ status: 'PERMISSION_DENIED', reason: 'POD_PULL_DENIED' });
    expect(failure.message)
      .to.include('container copy-wrapper-server')
      .and.to.include('pull secret porch-fn-system/gone is not there');
    expect(failure.hint).to.match(/^Make it: kubectl create secret docker-registry gone -n porch-fn-system/);
  });

  it('are left to the API server where the service names none: it adds those of the account', async () => {
    service = await named.serve();
    expect(await evaluate(service, 'second/plain')).to.deep.equal(['account-secret']);
    expect(named.pulledWith('porch/wrapper-server'), 'the in-pod server is from the guarded registry').to.equal(
      'account-secret',
    );
    await evaluate(service, 'second/plain');
    expect(linesAbout(/the Role does not let it be read/)).to.have.length(1);
    expect(linesAbout(/do not get the pull secrets/)).to.deep.equal([]);
  });

  it('are named in the error as those of an account that may not be read, where an image is refused', async () => {
    service = await named.serve();
    const failure = await grpcFailureOf(service.resolve(`${repository('listed')}:v1`));
    expect(failure.message).to.include(
      'the pull secrets of service account porch-fn-system/default are not known: the Role does not let it be read',
    );
    expect(failure.hint).to.include('--registry-auth-secret-path');
  });

  it('are read one by one, as they may not be watched, and those of the account are missed in the log', async () => {
    service = await named.serve('--pull-secrets=all-secret');
    expect(await evaluate(service, 'listed')).to.deep.equal(['all-secret']);
    expect(named.pulledWith('listed')).to.equal('all-secret');
    await evaluate(service, 'second/lost');
    const [missed, ...more] = linesAbout(/do not get the pull secrets of their service account/);
    expect(more).to.deep.equal([]);
    expect(missed).to.include('serviceaccounts default in namespace porch-fn-system').and.to.include('--pull-secrets');
  });

  it('count within seconds with what they hold now, when they are rotated', async () => {
    service = await named.serve('--pull-secrets=all-secret');
    const running = service;
    await named.stage.registry.setUsers({ [nextLogin.name]: nextLogin.password });
    await named.pullSecret('all-secret', named.stage.registry, nextLogin);
    await eventually('the new login counts', 8000, async () =>
      running.resolve(`${repository('rotated')}:v1`).then(
        () => true,
        () => false,
      ),
    );
    await evaluate(running, 'rotated');
    expect(named.pulledWith('rotated')).to.equal('all-secret');
  });

  it('are read with no right that is not there', async () => {
    const requests = await named.stage.cluster.requests(named.stage.user);
    expect(requests.filter(({ status }) => status === 403)).to.deep.equal([]);
    expect(requests.filter(({ resource }) => resource === 'serviceaccounts')).to.deep.equal([]);
  });
});
