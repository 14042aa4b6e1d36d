import { expect } from 'chai';
import { parse } from 'yaml';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { skopeoInspect } from '../support/skopeo.ts';
import { setNamespaceName } from './stage/stage-images.ts';
import { podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

for (const role of ['ours', 'porch'] as const) {
  describe(`a function from a guarded registry, in a pod, under ${role === 'ours' ? 'our' : "Porch's own"} Role`, function () {
    requires(...stageNeeds);
    this.timeout(60_000);
    let stage: Stage;
    let service: TestService;

    before(async function () {
      this.timeout(stageTimeoutMs);
      stage = await startStage(role);
      service = await startStageService(stage);
    });

    after(async () => {
      await service.stop();
      await stage.stop();
      expect(stage.node.errors).to.deep.equal([]);
    });

    it('is evaluated, and its result is right', async () => {
      const answer = await service.porchEvaluate(stage.image(setNamespaceName), resourceList);
      const output: unknown = parse(answer.resourceList.toString());
      expect(jsonAt(output, 'items', 0, 'metadata', 'namespace')).to.equal('prod');
    });

    it('ran in a pod with the digest that skopeo sees and the replicated pull secret', async () => {
      const { digest } = await skopeoInspect(setNamespaceName, stage.access);
      const pods = await stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/pods`);
      expect(jsonList(pods, 'items')).to.have.length(1);
      const spec = jsonAt(pods, 'items', 0, 'spec');
      const container = jsonList(spec, 'containers').find((one) => jsonAt(one, 'name') === 'function');
      expect(jsonAt(container, 'image')).to.equal(`${stage.registry.authority}/functions/set-namespace@${digest}`);
      expect(jsonList(spec, 'imagePullSecrets')).to.deep.equal([{ name: 'registry-auth-secret' }]);
    });

    it('was pulled with the bytes of the mounted file', async () => {
      const path = `/api/v1/namespaces/${podNamespace}/secrets/registry-auth-secret`;
      const secret = await stage.cluster.admin.must('GET', path);
      expect(jsonAt(secret, 'type')).to.equal('kubernetes.io/dockerconfigjson');
      const config: unknown = JSON.parse(
        Buffer.from(String(jsonAt(secret, 'data', '.dockerconfigjson')), 'base64').toString(),
      );
      expect(jsonAt(config, 'auths', stage.registry.authority, 'auth')).to.be.a('string');
      expect(stage.node.pulls.every(({ secret: name }) => name === 'registry-auth-secret')).to.equal(true);
    });

    it('costs no request to API server or registry when it is warm', async () => {
      await service.porchEvaluate(stage.image(setNamespaceName), resourceList);
      const requestsBefore = (await requestsOf(stage)).length;
      const registryBefore = (await stage.registry.accessLog()).length;
      for (let call = 0; call < 20; call += 1) {
        await service.porchEvaluate(stage.image(setNamespaceName), resourceList);
      }
      const requests = (await requestsOf(stage)).slice(requestsBefore);
      expect(requests).to.deep.equal([]);
      expect((await stage.registry.accessLog()).slice(registryBefore)).to.deep.equal([]);
    });
  });
}

/**
 * What the runner asked of the API server; renewals of the lease, and the polling of a secret that may not be watched, are
 * no call's doing.
 */
async function requestsOf(stage: Stage): Promise<readonly unknown[]> {
  const requests = await stage.cluster.requests(stage.user);
  return requests.filter(
    ({ verb, resource }) => verb !== 'watch' && resource !== 'leases' && !(verb === 'get' && resource === 'secrets'),
  );
}
