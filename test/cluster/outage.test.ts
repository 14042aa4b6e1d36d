import { expect } from 'chai';
import { GrpcFailure } from '../../src/rpc/grpc-failure.ts';
import { eventually } from '../support/eventually.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { echoName, setNamespaceName } from './stage/stage-images.ts';
import { type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

/** Four tries at a server that refuses connections. */
const soonMs = 10_000;

describe('while the API server is away', function () {
  requires(...stageNeeds);
  this.timeout(90_000);
  let stage: Stage;
  let service: TestService;

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('ours');
    service = await startStageService(stage);
    await service.porchEvaluate(stage.image(echoName), resourceList);
    await stage.cluster.kill();
  });

  after(async () => {
    await service.stop();
    await stage.stop();
  });

  it('functions that have a pod go on', async () => {
    for (let round = 0; round < 10; round += 1) {
      const calls = Array.from({ length: 5 }, async () => service.porchEvaluate(stage.image(echoName), resourceList));
      for (const { resourceList: output } of await Promise.all(calls)) {
        expect(output.toString()).to.include('kind: ResourceList');
      }
    }
  });

  it('others fail soon, and say why', async () => {
    const startMs = Date.now();
    const failure: unknown = await service
      .porchEvaluate(stage.image(setNamespaceName), resourceList)
      .catch((thrown: unknown) => thrown);
    if (!(failure instanceof GrpcFailure)) throw new Error('it has not failed');
    expect(Date.now() - startMs).to.be.lessThan(soonMs);
    expect([failure.status, failure.reason]).to.deep.equal(['UNAVAILABLE', 'CLUSTER_UNAVAILABLE']);
    expect(failure.message).to.match(/no answer from the API server 127\.0\.0\.1:\d+ to create pods/);
    expect(failure.hint).to.include('the network between here and the API server');
  });

  it('they are evaluated as soon as it is back', async () => {
    await stage.cluster.restart();
    let output = '';
    await eventually('a pod is there', 30_000, async () => {
      const answer = await service.porchEvaluate(stage.image(setNamespaceName), resourceList).catch(() => undefined);
      output = answer?.resourceList.toString() ?? '';
      return answer !== undefined;
    });
    expect(output).to.include('namespace: prod');
  });
});
