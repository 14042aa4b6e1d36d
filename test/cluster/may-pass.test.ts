import { expect } from 'chai';
import type { GrpcFailure } from '../../src/rpc/grpc-failure.ts';
import { eventually } from '../support/eventually.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import type { Behaviour } from '../support/node/behaviour.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { pushCopies } from './stage/copies.ts';
import { podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

const readyTimeoutMs = 3000;
/** For the node to tell and the service to answer. */
const slackMs = 3000;

const pull = (message: string): Behaviour => ({ kind: 'pull-fails', message: `failed to pull image: ${message}` });
const noNode: Behaviour = { kind: 'unschedulable', message: '0/3 nodes are available: 3 Insufficient memory.' };

/** Name, what the node does, the last message. */
const rows: readonly (readonly [name: string, behaviour: Behaviour, message: RegExp])[] = [
  ['busy', pull('unexpected status: 429 Too Many Requests'), /429 Too Many Requests/],
  ['limited', pull('toomanyrequests: You have reached your pull rate limit'), /pull rate limit/],
  ['broken', pull('unexpected status: 503 Service Unavailable'), /503 Service Unavailable/],
  ['timeout', pull('dial tcp 192.0.2.1:443: i/o timeout'), /i\/o timeout/],
  ['unscheduled', noNode, /Unschedulable: 0\/3 nodes are available: 3 Insufficient memory/],
];

describe('a call for a pod that may come up yet', function () {
  requires(...stageNeeds);
  this.timeout(30_000);
  let stage: Stage;
  let service: TestService;

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('ours');
    const names = [...rows.map(([name]) => name), 'left', 'deadline', 'later'];
    await pushCopies(
      names.map((name) => `functions/${name}:v1`),
      stage.access,
    );
    service = await startStageService(stage, [`--pod-ready-timeout=${String(readyTimeoutMs)}ms`]);
    for (const name of names) await service.resolve(imageOf(name));
  });

  after(async () => {
    await service.stop();
    await stage.stop();
    expect(stage.node.errors).to.deep.equal([]);
  });

  const imageOf = (name: string): string => stage.image(`functions/${name}:v1`);
  const behave = (name: string, behaviour: Behaviour): (() => void) =>
    stage.node.behave((pod) => pod.name.startsWith(`${name}-`), behaviour);

  async function failureAtTimeout(name: string): Promise<GrpcFailure> {
    const begunMs = Date.now();
    const failure = await grpcFailureOf(service.evaluate(imageOf(name), resourceList));
    expect(Date.now() - begunMs).to.be.within(readyTimeoutMs - 10, readyTimeoutMs + slackMs);
    expect(failure).to.include({ status: 'UNAVAILABLE', reason: 'POD_PENDING' });
    expect(failure.message).to.match(new RegExp(`function pod ${name}-\\S+ for \\S+ is not ready after 3 s: `));
    expect(failure.hint).to.match(/kubectl describe pod/);
    return failure;
  }

  for (const [name, behaviour, message] of rows) {
    it(`waits until --pod-ready-timeout and gives the last message: ${name}`, async () => {
      const stop = behave(name, behaviour);
      const failure = await failureAtTimeout(name);
      stop();
      expect(failure.message).to.match(message);
    });
  }

  it('waits until --pod-ready-timeout and gives the last message: a node that left', async () => {
    const stop = behave('left', { kind: 'waits', reason: 'ContainerCreating', message: '' });
    const call = failureAtTimeout('left');
    await eventually('a node has the pod', 5000, () =>
      statusesOf('left').some((text) => text.includes('"Initialized"')),
    );
    const name = stage.node.pods().find((pod) => pod.startsWith('left-')) ?? '';
    const status = { reason: 'NodeLost', message: `Node test-node which was running pod ${name} is unresponsive` };
    await stage.cluster.admin.must('PATCH', `/api/v1/namespaces/${podNamespace}/pods/${name}/status`, { status });
    const failure = await call;
    stop();
    expect(failure.message).to.match(/NodeLost: Node test-node .* is unresponsive/);
  });

  it('succeeds when it does come up', async () => {
    const stop = behave('later', noNode);
    const call = service.porchEvaluate(imageOf('later'), resourceList);
    await eventually('the scheduler says so', 5000, () =>
      statusesOf('later').some((text) => text.includes('Unschedulable')),
    );
    stop();
    expect((await call).resourceList.toString()).to.equal(resourceList);
  });

  it("ends with the caller's deadline, and leaves no call behind", async () => {
    const stop = behave('deadline', noNode);
    const begunMs = Date.now();
    const failure = await grpcFailureOf(service.evaluate(imageOf('deadline'), resourceList, { deadlineMs: 1000 }));
    expect(Date.now() - begunMs).to.be.below(2000);
    expect(failure.status).to.equal('DEADLINE_EXCEEDED');
    stop();
    const answer = await service.porchEvaluate(imageOf('deadline'), resourceList);
    expect(answer.resourceList.toString()).to.equal(resourceList);
  });

  function statusesOf(name: string): readonly string[] {
    const statuses = stage.node.statuses.filter(({ pod }) => pod.startsWith(`${name}-`));
    return statuses.map(({ status }) => JSON.stringify(status));
  }
});
