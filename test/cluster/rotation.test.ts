import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { build } from '../wrapper/go-build.ts';
import { jsonAt } from '../support/json-at.ts';
import { eventually } from '../support/eventually.ts';
import { dockerConfigJson } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import { openLoop, type OpenLoop } from './stage/open-loop.ts';
import { echoName, programImage, pushImage } from './stage/stage-images.ts';
import { startStageRunner, type StageRunner } from './stage/stage-runner.ts';
import { resourceList } from './stage/stage-service.ts';
import { nextLogin, podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';

const file = '.dockerconfigjson';
const ratePerSecond = 50;
const withinMs = 5000;
const coldNames = ['before', 'with', 'after', 'without-the-old-login'].map((when) => `functions/cold-${when}:v1`);

for (const role of ['ours', 'porch'] as const) {
  describe(`rotated credentials under 50 evaluations a second, under ${role === 'ours' ? 'our' : "Porch's own"} Role`, function () {
    requires(...stageNeeds);
    this.timeout(90_000);
    let stage: Stage;
    let runners: readonly StageRunner[] = [];
    let load: OpenLoop;
    let cold: readonly string[];
    let seenAfterMs = 0;
    let rotated = '';

    const evaluateCold = async (index: number): Promise<string> => {
      const runner = runners[index % runners.length];
      const image = stage.image(coldNames[index] ?? '');
      return runner?.evaluate(image, resourceList).catch((error: unknown) => String(error)) ?? 'no runner';
    };
    const secretText = async (): Promise<string> => {
      const path = `/api/v1/namespaces/${podNamespace}/secrets/registry-auth-secret`;
      const data = jsonAt(await stage.cluster.admin.must('GET', path), 'data', file);
      return Buffer.from(String(data), 'base64').toString();
    };

    before(async function () {
      this.timeout(stageTimeoutMs);
      stage = await startStage(role);
      rotated = dockerConfigJson({ [stage.registry.authority]: `${nextLogin.name}:${nextLogin.password}` });
      const image = await programImage((await build()).echo);
      for (const name of coldNames) await pushImage(image, name, stage.access);
      runners = await Promise.all([startStageRunner(stage), startStageRunner(stage)]);
      for (const runner of runners) await runner.evaluate(stage.image(echoName), resourceList);
      const over = new AbortController();
      const loading = openLoop(ratePerSecond, over.signal, evaluateWarm);
      await wait(3000);
      cold = await rotate();
      await wait(3000);
      over.abort();
      load = await loading;
    });

    after(async () => {
      for (const runner of runners) await runner.stop();
      await stage.stop();
      expect(stage.node.errors).to.deep.equal([]);
    });

    const evaluateWarm = async (index: number): Promise<void> => {
      const output = await runners[index % runners.length]?.evaluate(stage.image(echoName), resourceList);
      if (output !== resourceList) throw new Error(`evaluation ${String(index)} gave ${String(output)}`);
    };
    /** Swaps the mounted file while functions start, then lets the old login expire; gives what the functions answered. */
    const rotate = async (): Promise<readonly string[]> => {
      const calls = [evaluateCold(0)];
      const swapMs = performance.now();
      await stage.auth.swap({ [file]: rotated });
      calls.push(evaluateCold(1));
      await eventually('the replica has the new bytes', 30_000, async () => (await secretText()) === rotated);
      seenAfterMs = performance.now() - swapMs;
      calls.push(evaluateCold(2));
      await Promise.all(calls);
      await stage.registry.setUsers({ [nextLogin.name]: nextLogin.password });
      return Promise.all([...calls, evaluateCold(3)]);
    };

    it('are in the replica within five seconds of the swap', () => {
      expect(seenAfterMs).to.be.below(withinMs);
    });

    it('fail no evaluation of a pod that runs', () => {
      expect(load.failures).to.deep.equal([]);
      expect(load.latenciesMs).to.have.length(load.begun);
    });

    it('fail no function that is cold before, at and after the swap, and without the old login', () => {
      expect(cold).to.deep.equal(coldNames.map(() => resourceList));
    });

    it('were rotated under the load that was meant', () => {
      expect(load.perSecond).to.be.within(ratePerSecond - 1, ratePerSecond + 1);
      expect(load.latestMs, 'how late a call began').to.be.below(1000);
      expect(load.latenciesMs[Math.floor(load.begun / 2)], 'median: calls do not pile up').to.be.below(1000);
    });

    it('are written once, and stay', async () => {
      const writes = (await stage.cluster.requests(stage.user)).filter(
        ({ verb, resource, status }) =>
          resource === 'secrets' && ['create', 'update', 'patch'].includes(verb) && status < 300,
      );
      expect(writes, 'one creation, one update').to.have.length(2);
      expect(await secretText()).to.equal(rotated);
    });
  });
}
