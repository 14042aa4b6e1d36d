import { expect } from 'chai';
import { accessOf } from '../support/node/node-api.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { startNode, type TestNode } from '../support/node/node.ts';
import { shellImage } from '../support/node/shell-image.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { processStarted } from './stage/running-function.ts';
import { pushImage } from './stage/stage-images.ts';
import { podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

/** How long each function sleeps: nothing else on the machine sleeps just so, so the process tells that the call has come so far. */
const seconds = { crash: '1.5107', evict: '1.5113', delete: '1.5119', memory: '1.5131', twice: '1.5137' } as const;
const silentSeconds = { cut: '1.5149', lost: '1.5151' } as const;
/** Three questions in a row without an answer, each after five seconds and with ten to be answered, and a pod's start. */
const silentBoundMs = 70_000;

describe('a call whose pod is lost', function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let stage: Stage;
  let service: TestService;

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('ours');
    for (const [name, time] of Object.entries({ ...seconds, ...silentSeconds })) {
      await pushImage(await shellImage(`sleep ${time}; cat`), `functions/${name}:v1`, stage.access);
    }
    service = await startStageService(stage);
  });

  after(async () => {
    await service.stop();
    await stage.stop();
    expect(stage.node.errors).to.deep.equal([]);
  });

  const evaluate = async (name: string): Promise<string> =>
    (await service.porchEvaluate(stage.image(`functions/${name}:v1`), resourceList)).resourceList.toString();

  const crash = { reason: 'Error', exitCode: 139 } as const;
  const ends: readonly (readonly [keyof typeof seconds, string, (pod: string) => Promise<unknown>])[] = [
    ['crash', 'crashes', async (pod) => stage.node.kill(pod, crash)],
    ['evict', 'is evicted', async (pod) => stage.node.evict(pod)],
    [
      'delete',
      'is deleted without grace',
      async (pod) => {
        const path = `/api/v1/namespaces/${podNamespace}/pods/${pod}`;
        return stage.cluster.admin.must('DELETE', path, { gracePeriodSeconds: 0 });
      },
    ],
  ];
  for (const [name, title, end] of ends) {
    it(`succeeds although the pod ${title} in its middle`, async () => {
      const call = evaluate(name);
      await processStarted(['sleep', seconds[name]]);
      await end(podOf(name));
      expect(await call).to.equal(resourceList);
      expect(repeats(name)).to.have.length(1);
    });
  }

  it('is not repeated when the pod was killed for its memory, and says what to raise', async () => {
    const call = grpcFailureOf(evaluate('memory'));
    await processStarted(['sleep', seconds.memory]);
    await stage.node.kill(podOf('memory'));
    const failure = await call;
    expect(failure).to.include({ status: 'RESOURCE_EXHAUSTED', reason: 'FUNCTION_LIMIT' });
    expect(failure.message).to.match(
      /function pod \S+ for \S+memory:v1 was killed while it ran the function: OOMKilled/,
    );
    expect(failure.hint).to.match(/^Raise the memory limit/);
    expect(repeats('memory')).to.deep.equal([]);
    expect(await evaluate('memory'), 'the pool goes on').to.equal(resourceList);
  });

  it('fails with the reason when a second pod is lost under it, and the pool goes on', async () => {
    const call = grpcFailureOf(evaluate('twice'));
    const first = await processStarted(['sleep', seconds.twice]);
    await stage.node.kill(podOf('twice'), crash);
    await processStarted(['sleep', seconds.twice], [first]);
    await stage.node.kill(podOf('twice'), crash);
    const failure = await call;
    expect(failure).to.include({ status: 'INTERNAL', reason: 'POD_LOST' });
    expect(failure.message).to.match(/the second one for this call: Error \(exit code 139\)/);
    expect(repeats('twice')).to.have.length(1);
    expect(await evaluate('twice')).to.equal(resourceList);
  });

  describe('in silence', () => {
    let another: TestNode;
    let cut: Promise<string>;
    let lost: Promise<string>;
    let begunMs: number;

    before(async () => {
      begunMs = Date.now();
      cut = evaluate('cut');
      await processStarted(['sleep', silentSeconds.cut]);
      await stage.node.cut(podOf('cut'));
      lost = evaluate('lost');
      for (const call of [cut, lost]) call.catch(() => undefined);
      await processStarted(['sleep', silentSeconds.lost]);
      await stage.node.lose();
      another = await startNode({
        access: await accessOf(stage.cluster.adminKubeconfig),
        namespace: podNamespace,
        registries: [{ authority: stage.registry.authority, caPem: stage.access.caPem ?? '' }],
        name: 'another-node',
      });
    });

    after(async () => another.stop());

    it('succeeds in bounded time although the network drops all packets to the pod', async function () {
      this.timeout(silentBoundMs);
      expect(await cut).to.equal(resourceList);
      expect(Date.now() - begunMs).to.be.below(silentBoundMs);
    });

    it('succeeds in bounded time although the node is lost, on another node', async function () {
      this.timeout(silentBoundMs);
      expect(await lost).to.equal(resourceList);
      expect(Date.now() - begunMs).to.be.below(silentBoundMs);
      expect(another.pods().some((pod) => pod.startsWith('lost-'))).to.equal(true);
    });
  });

  /** Name of the one pod of a function. */
  function podOf(name: string): string {
    const pods = stage.node.pods().filter((pod) => pod.startsWith(`${name}-`) && stage.node.address(pod) !== '');
    expect(pods, name).to.have.length(1);
    return pods[0] ?? '';
  }

  function repeats(name: string): readonly string[] {
    return service.logLines.filter((line) => line.includes('is repeated on another pod') && line.includes(`/${name}:`));
  }
});
