import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { Secret } from '../../src/core/secret.ts';
import { RunnerClient } from '../../src/rpc/client.ts';
import { GrpcFailure } from '../../src/rpc/grpc-failure.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { dockerConfigJson } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { echoName } from './stage/stage-images.ts';
import { login, nextLogin, podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

const component = 'manifests/components/generated-pull-secrets/role.yaml';
const secretName = 'registry-auth-secret';
const one = `${login.name}:${login.password}`;
const other = `${nextLogin.name}:${nextLogin.password}`;
const wrong = `${login.name}:not the password`;

for (const role of ['ours', 'porch'] as const) {
  describe(`callers with registry logins of their own, under ${role === 'ours' ? 'our' : "Porch's own"} Role`, function () {
    requires(...stageNeeds);
    this.timeout(60_000);
    let stage: Stage;
    let services: TestService[] = [];
    let withoutRights: unknown;
    let setUpRequests = 0;

    before(async function () {
      this.timeout(stageTimeoutMs);
      stage = await startStage(role);
      // The service itself may pull the server for pods and nothing else.
      const logins = { [`${stage.registry.authority}/porch`]: one };
      await stage.auth.swap({ '.dockerconfigjson': dockerConfigJson(logins) });
      if (role === 'ours') {
        const service = await startStageService(stage);
        withoutRights = await outcome(service, one);
        await service.stop();
        await stage.cluster.apply(await readFile(component, 'utf8'));
      }
      setUpRequests = (await stage.cluster.requests(stage.user)).length;
      services = await Promise.all([startStageService(stage), startStageService(stage)]);
    });

    after(async () => {
      for (const service of services) await service.stop();
      await stage.stop();
      expect(stage.node.errors).to.deep.equal([]);
    });

    const outcome = async (service: TestService | undefined, auth: string | undefined): Promise<unknown> => {
      const client = new RunnerClient(service?.address ?? '');
      const registryAuth = auth === undefined ? undefined : new Secret(Buffer.from(auth).toString('base64'));
      const request = { image: stage.image(echoName), resourceList: Buffer.from(resourceList) };
      try {
        const answer = await client.evaluateFunction(request, { deadlineMs: 30_000, registryAuth });
        return answer.resourceList.toString() === resourceList ? 'evaluated' : 'wrong answer';
      } catch (error) {
        return error instanceof GrpcFailure ? error : String(error);
      } finally {
        client.close();
      }
    };
    const statusOf = async (...call: Parameters<typeof outcome>): Promise<unknown> => {
      const found = await outcome(...call);
      return found instanceof GrpcFailure ? found.status : found;
    };
    const pods = async (): Promise<readonly unknown[]> =>
      jsonList(await stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/pods`), 'items');
    const podNames = async (): Promise<readonly unknown[]> =>
      (await pods()).map((pod) => jsonAt(pod, 'metadata', 'name'));
    const secrets = async (): Promise<readonly unknown[]> =>
      jsonList(await stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/secrets`), 'items');

    const secretNames = async (): Promise<readonly unknown[]> =>
      (await secrets()).map((secret) => jsonAt(secret, 'metadata', 'name'));

    if (role === 'ours') {
      it('are told which rights are missing', () => {
        expect(withoutRights).to.be.instanceOf(GrpcFailure);
        if (!(withoutRights instanceof GrpcFailure)) return;
        expect(withoutRights.status).to.equal('FAILED_PRECONDITION');
        expect(withoutRights.hint).to.include('manifests/components/generated-pull-secrets');
      });
    }

    it('get what their login opens, in a pod that is pulled with it', async () => {
      expect(await outcome(services[0], one)).to.equal('evaluated');
      const [pod, ...others] = await pods();
      expect(others).to.deep.equal([]);
      const names = jsonList(pod, 'spec', 'imagePullSecrets').map((secret) => String(jsonAt(secret, 'name')));
      const name = names.find((found) => /^registry-auth-secret-[0-9a-f]{32}$/.test(found)) ?? 'none';
      expect(names).to.include.members([secretName, name]);
      const secret = (await secrets()).find((found) => jsonAt(found, 'metadata', 'name') === name);
      expect(jsonAt(secret, 'type')).to.equal('kubernetes.io/dockerconfigjson');
      const data = Buffer.from(String(jsonAt(secret, 'data', '.dockerconfigjson')), 'base64').toString();
      expect(data).to.equal(dockerConfigJson({ [stage.registry.authority]: one }));
    });

    it('reuse their pod, without a request to API server or registry', async () => {
      const before = await podNames();
      const requestsBefore = (await requestsOf(stage)).length;
      const registryBefore = (await stage.registry.accessLog()).length;
      expect(await outcome(services[0], one)).to.equal('evaluated');
      expect(await podNames()).to.deep.equal(before);
      expect((await requestsOf(stage)).slice(requestsBefore)).to.deep.equal([]);
      expect((await stage.registry.accessLog()).slice(registryBefore)).to.deep.equal([]);
    });

    it('have it through another replica, too', async () => {
      const before = await podNames();
      expect(await outcome(services[1], one)).to.equal('evaluated');
      expect(await podNames()).to.deep.equal(before);
    });

    it('do not lend it to callers without a login, or with a wrong one', async () => {
      const before = await podNames();
      const secretsBefore = await secretNames();
      for (const service of services) {
        expect(await statusOf(service, undefined)).to.equal('PERMISSION_DENIED');
        for (let guess = 0; guess < 5; guess += 1) {
          expect(await statusOf(service, `${wrong} ${String(guess)}`)).to.equal('PERMISSION_DENIED');
        }
      }
      expect(await podNames()).to.deep.equal(before);
      expect(await secretNames(), 'a wrong login leaves nothing').to.deep.equal(secretsBefore);
    });

    it('have a pod of their own with another login', async () => {
      const before = await podNames();
      expect(await outcome(services[0], other)).to.equal('evaluated');
      const added = (await pods()).filter((pod) => !before.includes(jsonAt(pod, 'metadata', 'name')));
      expect(added).to.have.length(1);
      const key = (pod: unknown): unknown => jsonAt(pod, 'metadata', 'annotations', 'fn.kpt.dev/caller-key');
      expect(new Set((await pods()).map(key)).size).to.equal(2);
      // The pods of the two are no versions of each other: none of them drains.
      expect(await outcome(services[0], one)).to.equal('evaluated');
      expect(JSON.stringify(await pods())).to.not.include('draining');
    });

    it('have the same pods after a restart, and nobody else has', async () => {
      const before = await podNames();
      await services[0]?.stop();
      services[0] = await startStageService(stage);
      expect(await statusOf(services[0], undefined)).to.equal('PERMISSION_DENIED');
      expect(await statusOf(services[0], wrong)).to.equal('PERMISSION_DENIED');
      expect(await outcome(services[0], one)).to.equal('evaluated');
      expect(await outcome(services[0], other)).to.equal('evaluated');
      expect(await podNames()).to.deep.equal(before);
    });

    it('cost no request that is refused', async () => {
      const requests = (await stage.cluster.requests(stage.user)).slice(setUpRequests);
      expect(requests.filter(({ status }) => status === 401 || status === 403)).to.deep.equal([]);
    });

    it('leave nothing of their logins outside of the secrets that they are in', async () => {
      const metrics = await Promise.all(services.map(async (service) => service.metrics()));
      const metadata = (await secrets()).map((secret) => jsonAt(secret, 'metadata'));
      const shown = JSON.stringify([
        await pods(),
        metadata,
        metrics,
        services.map((service) => service.logLines),
        await stage.cluster.requests(stage.user),
      ]);
      for (const user of [login, nextLogin]) {
        for (const text of [user.password, Buffer.from(`${user.name}:${user.password}`).toString('base64')]) {
          expect(shown).to.not.include(text).and.not.include(JSON.stringify(text).slice(1, -1));
        }
      }
    });
  });
}

async function requestsOf(stage: Stage): Promise<readonly unknown[]> {
  const requests = await stage.cluster.requests(stage.user);
  return requests.filter(
    ({ verb, resource }) => verb !== 'watch' && resource !== 'leases' && !(verb === 'get' && resource === 'secrets'),
  );
}
