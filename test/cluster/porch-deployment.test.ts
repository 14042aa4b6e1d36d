import { expect } from 'chai';
import { parse } from 'yaml';
import { eventually } from '../support/eventually.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';
import { skopeoInspect } from '../support/skopeo.ts';
import type { DeployedRunner } from './stage/deployed-runner.ts';
import { startAsPorchDeploys, storePorchTemplates } from './stage/porch-deployment.ts';
import { setNamespaceName } from './stage/stage-images.ts';
import { podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList } from './stage/stage-service.ts';

describe("Porch's own Deployment with only its two images changed", function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('porch');
    await storePorchTemplates(stage);
  });

  after(async () => {
    await stage.stop();
    expect(stage.node.errors).to.deep.equal([]);
  });

  for (const pinned of [true, false]) {
    describe(pinned ? 'and nothing else' : 'and --pin-image-digest=false', () => {
      let runner: DeployedRunner;
      let pod: unknown;

      before(async () => {
        runner = await startAsPorchDeploys(stage, pinned ? [] : ['--pin-image-digest=false']);
      });

      after(async () => {
        expect(await runner.stop()).to.equal(0);
      });

      it('evaluates a private function, and the result is right', async () => {
        const request = { image: stage.image(setNamespaceName), resourceList: Buffer.from(resourceList) };
        const answer = await runner.client.evaluateFunction(request, { deadlineMs: 30_000 });
        const output: unknown = parse(answer.resourceList.toString());
        expect(jsonAt(output, 'items', 0, 'metadata', 'namespace')).to.equal('prod');
      });

      it(pinned ? 'runs the digest that skopeo sees' : 'runs the name that was asked for', async () => {
        const { digest } = await skopeoInspect(setNamespaceName, stage.access);
        const repository = `${stage.registry.authority}/functions/set-namespace`;
        const image = pinned ? `${repository}@${digest}` : `${repository}:v0.4`;
        pod = await podOf(image);
        expect(jsonAt(pod, 'spec', 'imagePullSecrets')).to.deep.equal([{ name: 'auth-secret' }]);
      });

      it("made it from Porch's template, and its exec probes succeed", async () => {
        expect(jsonAt(pod, 'spec', 'initContainers', 0, 'image')).to.equal(stage.wrapperImage);
        expect(jsonAt(pod, 'spec', 'containers', 0, 'env')).to.deep.equal([
          { name: 'OTEL_TRACES_EXPORTER', value: 'none' },
        ]);
        const probe = jsonAt(pod, 'spec', 'containers', 0, 'readinessProbe', 'exec', 'command', 0);
        expect(probe).to.equal('/wrapper-server-tools/grpc-health-probe');
        const name = String(jsonAt(pod, 'metadata', 'name'));
        await eventually('the pod is ready', 15_000, async () => {
          const now = await stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/pods/${name}`);
          return jsonAt(now, 'status', 'containerStatuses', 0, 'ready') === true;
        });
      });

      it('asked for nothing that the Role refuses', async () => {
        const refused = (await stage.cluster.requests(stage.user)).filter(({ status }) => status === 403);
        expect(refused).to.deep.equal([]);
        expect(runner.logLines.filter((line) => line.includes('"level":"error"'))).to.deep.equal([]);
      });
    });
  }

  async function podOf(image: string): Promise<unknown> {
    const pods = jsonList(await stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/pods`), 'items');
    const found = pods.find((each) => jsonAt(each, 'spec', 'containers', 0, 'image') === image);
    expect(found, image).not.to.equal(undefined);
    return found;
  }
});
