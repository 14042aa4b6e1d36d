import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { jsonAt } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { pushCopies } from './stage/copies.ts';
import { podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

const annotation = 'fn.kpt.dev/image-pull-policy';
const configs = `/apis/config.porch.kpt.dev/v1alpha1/namespaces/${podNamespace}/functionconfigs`;
const config = { apiVersion: 'config.porch.kpt.dev/v1alpha1', kind: 'FunctionConfig' };
const boundMs = 2000;

describe('the pull policy of one function', function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let stage: Stage;
  let service: TestService;

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('ours');
    await pushCopies(['absent:v1', 'present:v1', 'fresh:v1', 'usual:v1'], stage.access);
    service = await startStageService(stage, ['--image-pull-policy=IfNotPresent']);
  });

  after(async () => {
    await service.stop();
    await stage.stop();
    expect(stage.node.errors).to.deep.equal([]);
  });

  const configure = async (name: string, policy: string): Promise<void> => {
    const metadata = { name, annotations: { [annotation]: policy } };
    const spec = { image: name, podExecutor: {} };
    const path = `${configs}/${name}`;
    const { status } = await stage.cluster.admin.request('GET', path);
    if (status === 404) await stage.cluster.admin.must('POST', configs, { ...config, metadata, spec });
    else await stage.cluster.admin.must('PATCH', path, { metadata });
    await eventually('somebody has read it', 5000, async () =>
      /"functionRunnerObserved|"error"/.test(await statusOf(name)),
    );
  };
  const statusOf = async (name: string): Promise<string> =>
    JSON.stringify(jsonAt(await stage.cluster.admin.must('GET', `${configs}/${name}`), 'status') ?? {});
  const evaluate = async (name: string): Promise<void> => {
    const { resourceList: output } = await service.porchEvaluate(stage.image(`${name}:v1`), resourceList);
    expect(output.toString()).to.equal(resourceList);
  };
  const pulls = (name: string): number => stage.node.pulls.filter(({ image }) => image.includes(`/${name}@`)).length;

  it('Never: fails within two seconds where the node does not have the image, and says what to do', async () => {
    await evaluate('usual');
    await configure('absent', 'Never');
    await service.resolve(stage.image('absent:v1'));
    const begunMs = performance.now();
    const failure = await grpcFailureOf(service.evaluate(stage.image('absent:v1'), resourceList));
    expect(performance.now() - begunMs).to.be.below(boundMs);
    expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'POD_START' });
    expect(failure.message).to.match(
      /ErrImageNeverPull: .*absent@sha256:\w+" is not present with pull policy of Never/,
    );
    expect(failure.hint).to.include('Load the image onto the nodes').and.to.include(annotation);
    expect(pulls('absent')).to.equal(0);
  });

  it('Never: runs what the node has', async () => {
    await evaluate('present');
    await configure('present', 'Never');
    await evaluate('present');
    expect(pulls('present')).to.equal(1);
    expect(await policyOf('present')).to.include.members(['IfNotPresent', 'Never']);
  });

  it('Always: asks the registry for each pod', async () => {
    await evaluate('fresh');
    await configure('fresh', 'Always');
    await evaluate('fresh');
    expect(pulls('fresh')).to.equal(2);
  });

  it('is that of the flag without an annotation', async () => {
    expect(await policyOf('usual')).to.deep.equal(['IfNotPresent']);
  });

  it('is reported at the FunctionConfig where it is none, and what it was before stays', async () => {
    await configure('fresh', 'Sometimes');
    await eventually('the status says so', 5000, async () =>
      (await statusOf('fresh')).includes(`annotation ${annotation} is none of Always, IfNotPresent, Never`),
    );
    const before = pulls('fresh');
    await evaluate('fresh');
    expect(pulls('fresh')).to.equal(before);
    expect(await policyOf('fresh')).to.include('Always');
  });

  async function policyOf(name: string): Promise<readonly unknown[]> {
    const pods = await stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/pods`);
    const items = jsonAt(pods, 'items');
    const found = (Array.isArray(items) ? items : []).filter((pod: unknown) =>
      String(jsonAt(pod, 'spec', 'containers', 0, 'image')).includes(`/${name}@`),
    );
    return found.map((pod: unknown) => jsonAt(pod, 'spec', 'containers', 0, 'imagePullPolicy'));
  }
});
