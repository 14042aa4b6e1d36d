import { expect } from 'chai';
import { createAuthority } from '../../examples/registry/certificates.ts';
import type { GrpcFailure } from '../../src/rpc/grpc-failure.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { eventually } from '../support/eventually.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { requires } from '../support/requires.ts';
import { startService, type TestService } from '../support/service.ts';
import { pushCopies } from './stage/copies.ts';
import { neverStartRows } from './stage/never-start-rows.ts';
import { login, podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

/** From the status that shows it to the caller. */
const boundMs = 2000;
const path = (rest: string): string => `/api/v1/namespaces/${podNamespace}/${rest}`;

describe('a call for a pod that can never start', function () {
  requires(...stageNeeds);
  this.timeout(30_000);
  let stage: Stage;
  let service: TestService;
  let strange: DockerRegistry;

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('ours');
    const names = [...neverStartRows.map(({ name }) => name), 'refused', 'gone', 'quota', 'policy', 'never', 'wrapper'];
    await pushCopies(
      ['warm', ...names].map((name) => `functions/${name}:v1`),
      stage.access,
    );
    const ca = await createAuthority({ name: 'Another CA' });
    strange = await startDockerRegistry({ tls: await ca.issue({ ipAddresses: ['127.0.0.1'] }) });
    await pushCopies(['functions/strange:v1'], { authority: strange.authority, caPem: ca.certificatePem });
    await stage.tls.swap({ 'ca.crt': `${stage.access.caPem ?? ''}\n${ca.certificatePem}` });
    service = await startStageService(stage);
    await service.porchEvaluate(stage.image('functions/warm:v1'), resourceList);
  });

  after(async () => {
    await service.stop();
    await strange.stop();
    await stage.stop();
    expect(stage.node.errors).to.deep.equal([]);
  });

  /** The failure of a call, which must come soon after the node has written a status that matches. */
  async function failureSoonAfter(shown: RegExp, image: string, by = service): Promise<GrpcFailure> {
    const before = stage.node.statuses.length;
    const failure = await grpcFailureOf(by.evaluate(image, resourceList));
    const endedMs = Date.now();
    const written = stage.node.statuses.slice(before).find(({ status }) => shown.test(JSON.stringify(status)));
    expect(written, 'a status that shows it').not.to.equal(undefined);
    expect(endedMs - (written?.atMs ?? 0)).to.be.below(boundMs);
    return failure;
  }

  for (const { name, title, behaviour, shown, status, reason, message, hint } of neverStartRows) {
    it(`says why within 2 s of the status: ${title}`, async () => {
      const image = stage.image(`functions/${name}:v1`);
      const stop = stage.node.behave((pod) => pod.name.startsWith(`${name}-`), behaviour);
      const failure = await failureSoonAfter(shown, image);
      stop();
      expect(failure).to.include({ status, reason });
      expect(failure.message).to.match(message);
      expect(failure.message).to.include(`unable to evaluate ${image} with pod evaluator: `);
      expect(failure.hint).to.match(hint);
    });
  }

  it('says that the registry refuses the pull secret', async () => {
    const image = stage.image('functions/refused:v1');
    await service.resolve(image);
    await stage.registry.setUsers({ [login.name]: 'another' });
    const failure = await failureSoonAfter(/ErrImagePull/, image);
    await stage.registry.setUsers({ [login.name]: login.password });
    expect(failure).to.include({ status: 'PERMISSION_DENIED', reason: 'POD_PULL_DENIED' });
    expect(failure.message).to.match(/on node test-node, image \S+refused@sha256:\w+: .*authorization failed/);
    expect(failure.hint).to.match(/^Give the nodes credentials for this registry/);
    expect(stage.node.pulls.at(-1)).to.include({ secret: 'registry-auth-secret', succeeded: false });
  });

  it('says that the registry has lost the image', async () => {
    const image = stage.image('functions/gone:v1');
    await service.resolve(image);
    await stage.registry.forget('functions/gone');
    const failure = await failureSoonAfter(/ErrImagePull/, image);
    expect(failure).to.include({ status: 'NOT_FOUND', reason: 'POD_PULL_NOT_FOUND' });
    expect(failure.hint).to.match(/the runner itself has found it/);
  });

  it('says that the node does not trust the registry, which the service does', async () => {
    const failure = await failureSoonAfter(/ErrImagePull/, `${strange.authority}/functions/strange:v1`);
    expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'POD_START' });
    expect(failure.message).to.match(/x509: certificate signed by unknown authority/);
    expect(failure.hint).to.match(/CA of this registry/);
  });

  it('says that the node may not pull what it does not have', async () => {
    const another = await startStageService(stage, ['--image-pull-policy=Never']);
    const failure = await failureSoonAfter(/ErrImageNeverPull/, stage.image('functions/never:v1'), another);
    await another.stop();
    expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'POD_START' });
    expect(failure.hint).to.match(/--image-pull-policy=IfNotPresent/);
  });

  it('says that the name of the in-pod server image is none', async () => {
    const environment = { WRAPPER_SERVER_IMAGE: 'Not/Valid:v1' };
    const another = await startService({ flags: stage.flags, overrides: { environment } });
    const failure = await failureSoonAfter(/InvalidImageName/, stage.image('functions/wrapper:v1'), another);
    await another.stop();
    expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'POD_START' });
    expect(failure.message).to.match(/container copy-wrapper-server with image Not\/Valid:v1: InvalidImageName/);
  });

  it('says that a quota is used up', async () => {
    await stage.cluster.admin.must('POST', path('resourcequotas'), {
      metadata: { name: 'few' },
      spec: { hard: { 'count/pods': '0' } },
    });
    const status = { hard: { 'count/pods': '0' }, used: { 'count/pods': '0' } };
    await stage.cluster.admin.must('PATCH', path('resourcequotas/few/status'), { status });
    await refusesPods();
    const failure = await soon(stage.image('functions/quota:v1'));
    await stage.cluster.admin.must('DELETE', path('resourcequotas/few'));
    expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'POD_START' });
    expect(failure.message).to.match(/the cluster refused the function pod for \S+: .*exceeded quota: few/);
    expect(failure.hint).to.match(/ResourceQuota of namespace porch-fn-system/);
    await takesPods();
  });

  it('says that the policy of the namespace refuses the pod', async () => {
    await label('restricted');
    await refusesPods();
    const failure = await soon(stage.image('functions/policy:v1'));
    await label('privileged');
    expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'POD_START' });
    expect(failure.message).to.match(/violates PodSecurity "restricted/);
    expect(failure.hint).to.match(/Pod Security level of namespace porch-fn-system/);
  });

  it('leaves the other functions alone', async () => {
    const answer = await service.porchEvaluate(stage.image('functions/warm:v1'), resourceList);
    expect(answer.resourceList.toString()).to.equal(resourceList);
  });

  /** The API server says it at once, so the whole call is short. */
  async function soon(image: string): Promise<GrpcFailure> {
    await service.resolve(image);
    const begunMs = Date.now();
    const failure = await grpcFailureOf(service.evaluate(image, resourceList));
    expect(Date.now() - begunMs).to.be.below(boundMs);
    return failure;
  }

  async function label(level: string): Promise<void> {
    const labels = { 'pod-security.kubernetes.io/enforce': level };
    await stage.cluster.admin.must('PATCH', `/api/v1/namespaces/${podNamespace}`, { metadata: { labels } });
  }

  async function tryStatus(): Promise<number> {
    const pod = { metadata: { name: 'try' }, spec: { containers: [{ name: 'a', image: 'a' }] } };
    return (await stage.cluster.admin.request('POST', `${path('pods')}?dryRun=All`, pod)).status;
  }

  async function refusesPods(): Promise<void> {
    await eventually('no more pods are taken', 15_000, async () => (await tryStatus()) === 403);
  }

  async function takesPods(): Promise<void> {
    await eventually('pods are taken', 15_000, async () => (await tryStatus()) === 201);
  }
});
