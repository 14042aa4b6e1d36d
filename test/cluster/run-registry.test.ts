import { expect } from 'chai';
import { parse } from 'yaml';
import { type Forwarder, startForwarder } from '../support/forwarder.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { skopeoInspect } from '../support/skopeo.ts';
import { setNamespaceName } from './stage/stage-images.ts';
import { login, podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

describe('a function from a registry that nodes reach under another address', function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let forwarder: Forwarder;
  let stage: Stage;
  let service: TestService;

  before(async function () {
    this.timeout(stageTimeoutMs);
    forwarder = await startForwarder();
    stage = await startStage('ours', [], (caPem) => [{ authority: forwarder.authority, caPem }]);
    forwarder.forwardTo(stage.registry.authority);
    const runRegistry = `--run-registry=${stage.registry.authority}=${forwarder.authority}`;
    service = await startStageService(stage, [runRegistry]);
  });

  after(async () => {
    await service.stop();
    await stage.stop();
    await forwarder.stop();
    expect(stage.node.errors).to.deep.equal([]);
  });

  const podsOf = async (): Promise<readonly unknown[]> =>
    jsonList(await stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/pods`), 'items');

  it('runs, asked for by either address, in one pod', async () => {
    for (const authority of [stage.registry.authority, forwarder.authority]) {
      const answer = await service.porchEvaluate(`${authority}/${setNamespaceName}`, resourceList);
      const output: unknown = parse(answer.resourceList.toString());
      expect(jsonAt(output, 'items', 0, 'metadata', 'namespace')).to.equal('prod');
    }
    expect(await podsOf()).to.have.length(1);
  });

  it('was pulled by the node at its address, with the credentials for it', async () => {
    const { digest } = await skopeoInspect(setNamespaceName, stage.access);
    const image = `${forwarder.authority}/functions/set-namespace@${digest}`;
    const [pod] = await podsOf();
    const container = jsonList(pod, 'spec', 'containers').find((one) => jsonAt(one, 'name') === 'function');
    expect(jsonAt(container, 'image')).to.equal(image);
    const annotations = jsonAt(pod, 'metadata', 'annotations');
    expect(annotations).to.deep.include({
      'fn.kpt.dev/resolved-image': `${stage.registry.authority}/functions/set-namespace@${digest}`,
      'fn.kpt.dev/run-image': image,
    });
    const pull = stage.node.pulls.find((one) => one.image === image && one.succeeded);
    const name = String(jsonAt(pod, 'spec', 'imagePullSecrets', 0, 'name'));
    expect(pull?.secret).to.equal(name);
    const path = `/api/v1/namespaces/${podNamespace}/secrets/${name}`;
    const data = String(jsonAt(await stage.cluster.admin.must('GET', path), 'data', '.dockerconfigjson'));
    const config: unknown = JSON.parse(Buffer.from(data, 'base64').toString());
    const auth = Buffer.from(`${login.name}:${login.password}`).toString('base64');
    expect(jsonAt(config, 'auths', forwarder.authority)).to.deep.equal({ auth });
  });
});
