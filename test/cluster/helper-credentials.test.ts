import { expect } from 'chai';
import { answering, type HelperPrograms, helperPrograms } from '../credentials/helper-programs.ts';
import { eventually } from '../support/eventually.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';
import { startService, type TestService } from '../support/service.ts';
import { echoName } from './stage/stage-images.ts';
import { login, podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList } from './stage/stage-service.ts';

const pods = `/api/v1/namespaces/${podNamespace}/pods`;
const generatedName = /^registry-auth-secret-[0-9a-f]{16}$/;

for (const role of ['ours', 'porch'] as const) {
  describe(`a function whose registry only a credential helper opens, under ${role === 'ours' ? 'our' : "Porch's own"} Role`, function () {
    requires(...stageNeeds);
    this.timeout(60_000);
    let stage: Stage;
    let programs: HelperPrograms;
    let service: TestService;
    const opened: { stop(): Promise<void> }[] = [];

    before(async function () {
      this.timeout(stageTimeoutMs);
      stage = await startStage(role, role === 'ours' ? ['generated-pull-secrets'] : []);
      opened.push(stage);
      programs = await helperPrograms({ vault: answering(login.name, login.password) });
      opened.push({ stop: async () => programs.remove() });
      const config = JSON.stringify({ auths: {}, credHelpers: { [stage.registry.authority]: 'vault' } });
      await stage.auth.swap({ '.dockerconfigjson': config });
      service = await start();
    });

    after(async () => {
      for (const part of opened.toReversed()) await part.stop();
      expect(stage.node.errors).to.deep.equal([]);
    });

    const start = async (flags: readonly string[] = []): Promise<TestService> => {
      const started = await startService({
        flags: [...stage.flags, '--image-pull-policy=Always', ...flags],
        overrides: { environment: { PATH: programs.path, WRAPPER_SERVER_IMAGE: stage.wrapperImage } },
      });
      opened.push(started);
      return started;
    };
    const evaluate = async (): Promise<string> =>
      (
        await service.porchEvaluate(stage.image(echoName), resourceList, { deadlineMs: 30_000 })
      ).resourceList.toString();
    const items = async (): Promise<readonly unknown[]> =>
      jsonList(await stage.cluster.admin.must('GET', pods), 'items');
    const deletePods = async (): Promise<void> => {
      for (const pod of await items()) {
        await stage.cluster.admin.request('DELETE', `${pods}/${String(jsonAt(pod, 'metadata', 'name'))}`);
      }
      await eventually('the pods have gone', 20_000, async () => (await items()).length === 0);
    };

    it('runs in a pod that is pulled with what the helper returns', async () => {
      expect(await evaluate()).to.equal(resourceList);
      const names = jsonList((await items())[0], 'spec', 'imagePullSecrets').map((secret) => jsonAt(secret, 'name'));
      expect(names.filter((name) => generatedName.test(String(name)))).to.have.length(1);
      expect(stage.node.pulls.filter(({ succeeded }) => succeeded)).to.not.be.empty;
      expect(stage.node.pulls.every(({ secret }) => generatedName.test(secret))).to.equal(true);
      expect(await programs.log('vault')).to.equal(`get ${stage.registry.authority}\n`);
    });

    it('starts no helper for a warm call, and warns of nothing', async () => {
      const before = await programs.log('vault');
      expect(await evaluate()).to.equal(resourceList);
      expect(await programs.log('vault')).to.equal(before);
      expect(service.logLines.filter((line) => line.includes('"msg":"pull secret"'))).to.deep.equal([]);
    });

    it('gets another pod when the login ended before its node pulled', async () => {
      const password = 'rotated-3:with colons';
      await stage.registry.setUsers({ [login.name]: password });
      await programs.write('vault', answering(login.name, password));
      await deletePods();
      const pullsBefore = stage.node.pulls.length;
      expect(await evaluate()).to.equal(resourceList);
      const pulls = stage.node.pulls.slice(pullsBefore).filter(({ image }) => image.includes('/functions/'));
      expect(pulls[0]?.succeeded).to.equal(false);
      expect(pulls.at(-1)?.succeeded).to.equal(true);
      await eventually('the first pod is collected', 10_000, async () => (await items()).length === 1);
    });

    it('runs on in its pod when the helper fails and the registry has ended its last login', async () => {
      service = await start(['--image-cache-ttl=1ms']);
      expect(await evaluate()).to.equal(resourceList);
      const uids = async (): Promise<readonly unknown[]> =>
        (await items()).map((pod) => jsonAt(pod, 'metadata', 'uid'));
      const before = await uids();
      await stage.registry.setUsers({ [login.name]: 'rotated-4' });
      await programs.write('vault', 'echo failed >> "$log"; exit 1');
      for (let call = 0; call < 5; call += 1) expect(await evaluate()).to.equal(resourceList);
      expect(await programs.log('vault')).to.match(/failed\n$/);
      expect(await uids()).to.deep.equal(before);
    });
  });
}
