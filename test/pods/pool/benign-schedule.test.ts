import { expect } from 'chai';
import * as fc from 'fast-check';
import { settle } from './fake-clock.ts';
import { type Call, calls, evaluationTimeoutMs, minuteMs, planOf, PoolHarness } from './pool-harness.ts';
import { ok } from './pod-servers.ts';

/** The first two are versions of one function. */
const versions = [
  { key: 'aaaaaaaaaaaaaaaa', image: 'registry.test/fn:v1' },
  { key: 'bbbbbbbbbbbbbbbb', image: 'registry.test/fn:v1' },
  { key: 'cccccccccccccccc', image: 'registry.test/other:v1' },
] as const;
const names = ['a', 'b', 'c'] as const;

const replica = fc.nat(names.length - 1);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      replica,
      version: fc.constantFrom(...versions),
      count: fc.integer({ min: 1, max: 8 }),
      maxPods: fc.integer({ min: 1, max: 3 }),
      ttlMs: fc.constantFrom(5000, minuteMs),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 200, 1500, 6000, 25_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('late watch' as const), replica, ms: fc.constantFrom(100, 1000, 3000) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Functions may run for as long as allowed, but for what a watch may be late. */
const durationMs = fc.integer({ min: 1, max: evaluationTimeoutMs - 4000 });

describe('replicas that see tags move, limits change and pods grow idle at different times', () => {
  it('fail no call, and repeat none', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.infiniteStream(durationMs),
        async (steps, durations) => {
          const harness = new PoolHarness(1800);
          harness.cluster.graceMs = 2000;
          harness.servers.handler = async () => {
            await harness.clock.delay(Number(durations.next().value));
            return ok;
          };
          const made = await follow(harness, steps);
          await harness.clock.advance(3 * minuteMs);
          expect(made.filter(({ state }) => state !== 'answered').map(({ state }) => state)).to.deep.equal([]);
          expect(harness.counted.filter((line) => line.startsWith('pod_retries'))).to.deep.equal([]);
          await harness.close();
        },
      ),
      { seed: 20_261_121, numRuns: 150 },
    );
  }).timeout(60_000);
});

async function follow(harness: PoolHarness, steps: readonly Step[]): Promise<readonly Call[]> {
  const replicas = names.map((name) => harness.replica(name));
  const made: Call[] = [];
  for (const next of steps) {
    const on = 'replica' in next ? replicas[next.replica] : undefined;
    if (next.kind === 'wait') await harness.clock.advance(next.ms);
    else if (on === undefined) throw new Error('no such replica');
    else if (next.kind === 'call') {
      const { version, count, maxPods, ttlMs } = next;
      made.push(...calls(count, on, planOf({ ...version, maxPods, ttlMs })));
    } else {
      on.store.hold();
      harness.clock.at(next.ms, () => {
        on.store.release();
      });
    }
    await settle();
  }
  return made;
}
