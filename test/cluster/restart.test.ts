import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { build } from '../wrapper/go-build.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';
import { echoName, programImage, pushImage } from './stage/stage-images.ts';
import { startStageRunner, type StageRunner } from './stage/stage-runner.ts';
import { resourceList } from './stage/stage-service.ts';
import { podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';

const slowName = 'functions/slow:v1';
const [begunName, startingName] = ['functions/begun:v1', 'functions/starting:v1'];

for (const role of ['ours', 'porch'] as const) {
  describe(`a runner with function pods that ends and comes back, under ${role === 'ours' ? 'our' : "Porch's own"} Role`, function () {
    requires(...stageNeeds);
    this.timeout(60_000);
    let stage: Stage;
    const runners: StageRunner[] = [];

    before(async function () {
      this.timeout(stageTimeoutMs);
      stage = await startStage(role);
      const image = await programImage((await build()).echo);
      for (const name of [begunName, startingName]) await pushImage(image, name, stage.access);
    });

    afterEach(async () => {
      for (const runner of runners.splice(0)) await runner.stop('SIGKILL');
    });

    after(async () => {
      await stage.stop();
      expect(stage.node.errors).to.deep.equal([]);
    });

    const start = async (...flags: readonly string[]): Promise<StageRunner> => {
      const runner = await startStageRunner(stage, flags);
      runners.push(runner);
      return runner;
    };
    const podUids = async (): Promise<readonly string[]> => {
      const pods = await stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/pods`);
      return jsonList(pods, 'items').map((pod) => String(jsonAt(pod, 'metadata', 'uid')));
    };
    const podWrites = async (): Promise<readonly string[]> =>
      (await stage.cluster.requests(stage.user))
        .filter(({ verb, resource }) => resource === 'pods' && !['get', 'list', 'watch'].includes(verb))
        .map(({ verb, name }) => `${verb} ${name}`);

    it('adopts what runs: its first call is answered by the pod of a runner that was killed', async () => {
      const first = await start();
      await first.evaluate(stage.image(echoName), resourceList);
      const [uids, writes] = [await podUids(), await podWrites()];
      await first.stop('SIGKILL');
      const second = await start();
      expect(await second.evaluate(stage.image(echoName), resourceList)).to.equal(resourceList);
      expect(uids).to.have.length(1);
      expect(await podUids()).to.deep.equal(uids);
      expect(await podWrites()).to.deep.equal(writes);
    });

    it('takes up the pod that a killed runner had only begun to start', async () => {
      const first = await start();
      const image = stage.image(begunName);
      const lost = first.evaluate(image, resourceList).catch((error: unknown) => error);
      await first.line(/"msg":"function pod started"/);
      const uids = await podUids();
      await first.stop('SIGKILL');
      await lost;
      const second = await start();
      expect(await second.evaluate(image, resourceList)).to.equal(resourceList);
      expect(await podUids()).to.deep.equal(uids);
    });

    it('answers the calls that run in pods when SIGTERM comes, then takes no more, and leaves the pods', async () => {
      const runner = await start('--drain-delay=300ms', '--max-waitlist-length=10');
      const image = stage.image(slowName);
      expect(await runner.evaluate(image, resourceList)).to.equal(resourceList);
      const uids = await podUids();
      const calls = [1, 2, 3].map(async () => runner.evaluate(image, resourceList));
      await wait(200);
      process.kill(runner.pid, 'SIGTERM');
      expect(await Promise.all(calls)).to.deep.equal([resourceList, resourceList, resourceList]);
      expect(await runner.exited).to.equal(0);
      const late = await runner.evaluate(image, resourceList).catch((error: unknown) => error);
      expect(late).to.include({ status: 'UNAVAILABLE' });
      expect(await podUids()).to.deep.equal(uids);
    });

    it('answers a call whose pod is only starting when SIGTERM comes', async () => {
      const runner = await start('--drain-delay=0s');
      const image = stage.image(startingName);
      const call = runner.evaluate(image, resourceList);
      await runner.line(/"msg":"function pod started"/);
      process.kill(runner.pid, 'SIGTERM');
      expect(await call).to.equal(resourceList);
      expect(await runner.exited).to.equal(0);
    });
  });
}
