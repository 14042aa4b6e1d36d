import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { requires } from '../support/requires.ts';
import { shellImage } from '../support/node/shell-image.ts';
import { PodCensus } from './stage/pod-census.ts';
import { Replicas } from './stage/replicas.ts';
import { pushImage } from './stage/stage-images.ts';
import { type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';

const functions = [1, 2, 3, 4, 5].map((number) => `functions/copy-${String(number)}:v1`);
const evaluations = 500;
const callers = 10;
/** In evaluations begun: while pods of two functions start a runner is killed; then another is restarted. */
const [killAt, restartAt] = [206, 320];
const maxPods = 2;
/** So short that pods come and go all the time. */
const podTtlMs = 400;
const scanMs = 200;
const evaluationTimeoutMs = 3000;
/** The killed runner may have been the one that tidies up: 15 s until its lease has run out, and 6 s between two looks. */
const leaseTakeOverMs = 22_000;
const flags = [
  `--pod-ttl=${String(podTtlMs)}ms`,
  `--scan-interval=${String(scanMs)}ms`,
  `--evaluation-timeout=${String(evaluationTimeoutMs)}ms`,
  `--max-parallel-pods-per-function=${String(maxPods)}`,
  '--max-waitlist-length=1',
  '--drain-delay=500ms',
];

for (const role of ['ours', 'porch'] as const) {
  describe(`three runners, one killed and one restarted, under ${role === 'ours' ? 'our' : "Porch's own"} Role`, function () {
    requires(...stageNeeds);
    this.timeout(150_000);
    let stage: Stage;
    let census: PodCensus;
    let replicas: Replicas;
    const opened: { stop(): Promise<void> }[] = [];

    const open = <T extends { stop(): Promise<void> }>(part: T): T => {
      opened.push(part);
      return part;
    };

    before(async function () {
      this.timeout(stageTimeoutMs);
      stage = open(await startStage(role));
      const image = await shellImage('sleep 0.1; cat');
      for (const name of functions) await pushImage(image, name, stage.access);
      census = open(await PodCensus.start(stage));
      replicas = open(new Replicas());
      await Promise.all([0, 1, 2].map(async (index) => replicas.start(index, stage, flags)));
    });

    after(async () => {
      for (const part of opened.toReversed()) await part.stop();
      expect(stage.node.errors).to.deep.equal([]);
    });

    it('fail no caller that goes to another runner', async () => {
      const failures: string[] = [];
      let begun = 0;
      let restarted: Promise<void> | undefined;
      const caller = async (): Promise<void> => {
        while (begun < evaluations) {
          const index = begun;
          begun += 1;
          if (index === killAt) process.kill(replicas.at(0).pid, 'SIGKILL');
          if (index === restartAt) restarted = restart(replicas, 1, stage);
          const name = functionFor(index);
          const input = resourceListOf(index);
          const output = await replicas.evaluate(stage.image(name), input).catch((error: unknown) => String(error));
          if (output !== input) failures.push(`${String(index)} ${name}: ${output}`);
        }
      };
      await Promise.all(Array.from({ length: callers }, caller));
      await restarted;
      expect(begun).to.equal(evaluations);
      expect(replicas.retries, 'calls that met a runner which was away').to.be.above(0);
      expect(failures).to.deep.equal([]);
    });

    it('leave no pod behind once its time to live is over', async () => {
      const takeOverMs = role === 'ours' ? leaseTakeOverMs : 0;
      const withinMs = podTtlMs + scanMs + evaluationTimeoutMs + takeOverMs + 5000;
      await eventually('the API server has no pod', withinMs, () => census.size === 0);
      await eventually('the node has no pod', 1000, () => stage.node.pods().length === 0);
    });

    it('never had more pods that serve than allowed', () => {
      expect(census.mostServing).to.equal(maxPods);
      expect(census.mostOnNode).to.equal(maxPods);
      expect(census.longestSurplusMs).to.be.below(10_000);
    });
  });
}

/** Three of the functions have a rest in every other hundred, longer than the time to live. */
function functionFor(index: number): string {
  const inUse = Math.floor(index / 100) % 2 === 0 ? functions : functions.slice(0, 2);
  return inUse[index % inUse.length] ?? '';
}

/** What a rolling update does to one replica. */
async function restart(replicas: Replicas, index: number, stage: Stage): Promise<void> {
  const old = replicas.at(index);
  process.kill(old.pid, 'SIGTERM');
  expect(await old.exited).to.equal(0);
  await replicas.start(index, stage, flags);
}

function resourceListOf(index: number): string {
  const item = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `input-${String(index)}` } };
  return JSON.stringify({ apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [item] });
}
