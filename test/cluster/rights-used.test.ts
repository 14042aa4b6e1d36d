import { expect } from 'chai';
import type { ApiRequest } from '../support/cluster/audit-log.ts';
import { renderedManifests } from '../support/cluster/rendered-manifests.ts';
import { unusedGrants } from '../support/cluster/role-use.ts';
import { eventually } from '../support/eventually.ts';
import { dockerConfigJson } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { pushCopies } from './stage/copies.ts';
import { login, podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

const configs = `/apis/config.porch.kpt.dev/v1alpha1/namespaces/${podNamespace}/functionconfigs`;
const pods = `/api/v1/namespaces/${podNamespace}/pods`;
const secret = `/api/v1/namespaces/${podNamespace}/secrets/registry-auth-secret`;
/** A pod is idle after a second, and deleted a second later. */
const shortLife = ['--pod-ttl=1s', '--scan-interval=500ms', '--evaluation-timeout=1s'];

describe('two replicas of the whole service under the Roles of manifests/private-registries', function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let stage: Stage;
  let services: readonly TestService[] = [];

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('ours');
    await pushCopies(['functions/one:v1', 'functions/two:v1', 'functions/three:v1'], stage.access);
    services = await Promise.all([startStageService(stage, shortLife), startStageService(stage, shortLife)]);
  });

  after(async () => {
    for (const service of services) await service.stop();
    await stage.stop();
    expect(stage.node.errors).to.deep.equal([]);
  });

  it('evaluate, follow a FunctionConfig and a rotated secret, repair it, and collect idle pods', async () => {
    const { admin } = stage.cluster;
    await admin.must('POST', configs, {
      apiVersion: 'config.porch.kpt.dev/v1alpha1',
      kind: 'FunctionConfig',
      metadata: { name: 'one' },
      spec: { image: 'one', prefixes: [`${stage.registry.authority}/functions`], podExecutor: { tags: ['v1'] } },
    });
    for (const name of ['one', 'two']) await everywhere(`functions/${name}:v1`);
    await eventually('the FunctionConfig is told of', 10_000, async () => used('patch', 'functionconfigs/status'));
    await admin.must('DELETE', `${configs}/one`);
    await eventually('the FunctionConfig has gone', 10_000, async () => {
      return (await admin.request('GET', `${configs}/one`)).status === 404;
    });
    const logins = { [stage.registry.authority]: `${login.name}:${login.password}`, 'other.example': 'a:b' };
    await stage.auth.swap({ '.dockerconfigjson': dockerConfigJson(logins) });
    await eventually('the secret follows', 10_000, async () => {
      const { body } = await admin.request('GET', secret);
      return JSON.stringify(body).includes(Buffer.from(dockerConfigJson(logins)).toString('base64'));
    });
    await admin.must('DELETE', secret);
    await eventually(
      'the secret is there again',
      10_000,
      async () => (await admin.request('GET', secret)).status === 200,
    );
    await eventually('idle pods are deleted', 15_000, async () => used('delete', 'pods'));
  });

  it('read who has the name of a pod that they do not know, and leave it alone', async () => {
    const [first] = services;
    await first?.porchEvaluate(stage.image('functions/three:v1'), resourceList);
    const name = stage.node.pods().find((pod) => pod.startsWith('three-')) ?? '';
    await eventually('its pod has gone', 15_000, () => !stage.node.pods().includes(name));
    const containers = [{ name: 'function', image: 'example.com/fn:v1' }];
    const strange = { metadata: { name }, spec: { nodeName: 'elsewhere', containers } };
    const created = await stage.cluster.admin.must('POST', pods, strange);
    const third = await startStageService(stage, shortLife);
    await third.porchEvaluate(stage.image('functions/three:v1'), resourceList);
    await third.stop();
    const still = await stage.cluster.admin.must('GET', `${pods}/${name}`);
    expect(still).to.deep.equal(created);
  });

  it('are refused nothing', async () => {
    const refused = (await requests()).filter(({ status }) => status === 401 || status === 403);
    expect(refused).to.deep.equal([]);
  });

  it('use every right that the Roles grant', async () => {
    const objects = await renderedManifests('manifests/private-registries');
    expect(unusedGrants(objects, await requests())).to.deep.equal([]);
  });

  async function everywhere(name: string): Promise<void> {
    const answers = services.map(async (service) => service.porchEvaluate(stage.image(name), resourceList));
    for (const { resourceList: output } of await Promise.all(answers)) {
      expect(output.toString()).to.equal(resourceList);
    }
  }

  async function requests(): Promise<readonly ApiRequest[]> {
    return stage.cluster.requests(stage.user);
  }

  async function used(verb: string, resource: string): Promise<boolean> {
    return (await requests()).some((request) => request.verb === verb && request.resource === resource);
  }
});
