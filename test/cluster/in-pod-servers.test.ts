import { Client, credentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect } from 'chai';
import type { GrpcFailure } from '../../src/rpc/grpc-failure.ts';
import { buildPorchServer } from '../pods/endpoint/porch-server.ts';
import { eventually } from '../support/eventually.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { shellImage } from '../support/node/shell-image.ts';
import { wrapperImage } from '../support/node/wrapper-image.ts';
import { requires } from '../support/requires.ts';
import { startService, type TestService } from '../support/service.ts';
import { storePorchTemplates } from './stage/porch-deployment.ts';
import { echoName, pushImage, wrapperName } from './stage/stage-images.ts';
import { podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

/** Fails with 1 MB of stderr when the input says `loud`, else takes a while and returns its input. */
const script =
  'input=$(cat); case "$input" in *loud*) yes bad | head -c 1000000 >&2; echo "$input"; exit 1;; esac; sleep 1; echo "$input"';
const porchWrapper = 'porch/their-wrapper-server:v1';

describe('in-pod servers, ours and theirs, in the pods of the template that Porch stores', function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('porch');
    await storePorchTemplates(stage);
    await pushImage(await shellImage(script), 'functions/mixed:v1', stage.access);
    await pushImage(await wrapperImage(await buildPorchServer()), porchWrapper, stage.access);
  });

  after(async () => {
    await stage.stop();
    expect(stage.node.errors).to.deep.equal([]);
  });

  for (const [title, wrapper, why] of [
    ["Porch's", porchWrapper, /stderr: .*could not send why: .* longer than 64 KiB/],
    ['ours', wrapperName, /stderr: .*bad/s],
  ] as const) {
    describe(`that is ${title}`, () => {
      let service: TestService;

      before(async () => {
        const environment = { WRAPPER_SERVER_IMAGE: stage.image(wrapper) };
        service = await startService({ flags: stage.flags, overrides: { environment } });
      });

      after(async () => service.stop());

      it('fails with 1 MB of stderr and harms none of the calls beside it', async () => {
        const image = stage.image('functions/mixed:v1');
        await service.porchEvaluate(image, resourceList);
        const quiet: Promise<string>[] = [];
        const loud: Promise<GrpcFailure>[] = [];
        for (let round = 0; round < 5; round += 1) {
          quiet.push(service.porchEvaluate(image, resourceList).then((answer) => answer.resourceList.toString()));
          quiet.push(service.porchEvaluate(image, resourceList).then((answer) => answer.resourceList.toString()));
          loud.push(grpcFailureOf(service.porchEvaluate(image, resourceList.replace('prod', 'loud'))));
        }
        const answers = await Promise.all(quiet);
        expect(answers).to.deep.equal(Array.from({ length: 10 }, () => resourceList));
        for (const failure of await Promise.all(loud)) {
          expect(failure.status).to.equal('INTERNAL');
          expect(failure.message)
            .to.match(/failed to evaluate function "/)
            .and.to.match(why);
          expect(failure.message.length).to.be.below(8192);
        }
      });

      it('is found alive by the exec probe of the template', async () => {
        await eventually('the pod is ready', 20_000, async () => {
          const pods = jsonList(await podList(), 'items').filter(
            (pod) =>
              String(jsonAt(pod, 'metadata', 'name')).startsWith('mixed-') &&
              jsonAt(pod, 'spec', 'initContainers', 0, 'image') === stage.image(wrapper),
          );
          return pods.length === 1 && jsonAt(pods[0], 'status', 'containerStatuses', 0, 'ready') === true;
        });
      });
    });
  }

  it("ours answers a client of Porch's protocol that is none of ours", async () => {
    const service = await startStageService(stage);
    await service.porchEvaluate(stage.image(echoName), resourceList);
    const pod = stage.node.pods().find((name) => name.startsWith('echo-')) ?? '';
    const answer = await plainEvaluate(`${stage.node.address(pod)}:9446`, stage.image(echoName));
    await service.stop();
    expect(String(jsonAt(answer, 'resource_list'))).to.equal(resourceList);
  });

  async function podList(): Promise<unknown> {
    return stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/pods`);
  }
});

/** A call as any gRPC client makes it that knows Porch's protocol and nothing else. */
async function plainEvaluate(address: string, image: string): Promise<unknown> {
  const service = loadSync('proto/evaluator.proto', { keepCase: true })['evaluator.FunctionEvaluator'];
  const method = service !== undefined && !('format' in service) ? service['EvaluateFunction'] : undefined;
  if (method === undefined || 'format' in method) throw new Error('no such method in the proto file');
  const { path, requestSerialize, responseDeserialize } = method;
  const client = new Client(address, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 });
  const request = { resource_list: Buffer.from(resourceList), image };
  try {
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
  } finally {
    client.close();
  }
}
