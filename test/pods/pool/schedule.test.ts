import { expect } from 'chai';
import * as fc from 'fast-check';
import { RunnerError } from '../../../src/core/errors.ts';
import { refusal } from './cluster-double.ts';
import { settle } from './fake-clock.ts';
import { Call, evaluationTimeoutMs, minuteMs, planOf, PoolHarness, waitingStatus } from './pool-harness.ts';
import { ok } from './pod-servers.ts';

const keys = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc'] as const;

type Step =
  | {
      readonly kind: 'call';
      readonly replica: number;
      readonly key: number;
      readonly count: number;
      readonly maxPods: number;
    }
  | { readonly kind: 'cancel' | 'kill' | 'lose' | 'remove' | 'hopeless' | 'run'; readonly which: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'refuse' | 'outage' | 'accept' | 'restart' | 'hold' | 'release' };

const which = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      replica: fc.nat(1),
      key: fc.nat(2),
      count: fc.integer({ min: 1, max: 12 }),
      maxPods: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 200, 1500, 6000, 45_000) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'cancel' as const,
        'kill' as const,
        'lose' as const,
        'remove' as const,
        'hopeless' as const,
        'run' as const,
      ),
      which,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'refuse' as const,
        'outage' as const,
        'accept' as const,
        'restart' as const,
        'hold' as const,
        'release' as const,
      ),
    }),
  },
);

/** One cluster, two runners, and whatever happens to them. */
class Schedule {
  readonly harness = new PoolHarness(800);
  readonly calls: Call[] = [];
  readonly #replicas = [this.harness.replica('a'), this.harness.replica('b')];

  constructor() {
    this.harness.cluster.graceMs = 2000;
    this.harness.servers.handler = async () => {
      await this.harness.clock.delay(300);
      return ok;
    };
  }

  async take(next: Step): Promise<void> {
    if (next.kind === 'call') this.#call(next);
    else if (next.kind === 'wait') await this.harness.clock.advance(next.ms);
    else if ('which' in next) this.#disturb(next.kind, next.which);
    else await this.#change(next.kind);
    await settle();
    this.#check();
  }

  async end(): Promise<void> {
    const { clock, cluster } = this.harness;
    cluster.refuse = undefined;
    for (const { store } of this.#replicas) store.release();
    await clock.advance(3 * minuteMs);
    expect(
      this.calls.filter(({ state }) => state === 'waiting'),
      'calls that were never settled',
    ).to.deep.equal([]);
    for (const call of this.calls) await call.settled;
    // Loads that did not return to zero would keep pods for ever.
    await clock.advance(31 * minuteMs + 2 * evaluationTimeoutMs);
    expect(this.harness.podNames, 'pods that somebody still counts calls on').to.deep.equal([]);
    expect(this.harness.servers.open, 'connections').to.equal(0);
    await this.harness.close();
    expect(clock.waiting, 'timers').to.equal(0);
  }

  async #change(kind: 'refuse' | 'outage' | 'accept' | 'restart' | 'hold' | 'release'): Promise<void> {
    const { cluster } = this.harness;
    const [, other] = this.#replicas;
    switch (kind) {
      case 'refuse':
        cluster.refuse = (action) =>
          action === 'create pods' ? refusal(403, 'Forbidden', 'exceeded quota') : undefined;
        break;
      case 'outage':
        cluster.refuse = () => refusal(0, '', 'no answer');
        break;
      case 'accept':
        cluster.refuse = undefined;
        break;
      case 'restart':
        await this.#restart();
        break;
      case 'hold':
        other?.store.hold();
        break;
      case 'release':
        other?.store.release();
    }
  }

  #call({ replica, key, count, maxPods }: Extract<Step, { kind: 'call' }>): void {
    const on = this.#replicas[replica];
    const plan = planOf({
      key: keys[key] ?? keys[0],
      // Two of them are versions of one function.
      image: `registry.test/fn-${String(Math.min(key, 1))}`,
      maxPods,
      maxWaitlist: 2,
    });
    if (on === undefined) return;
    for (let made = 0; made < count; made += 1) this.calls.push(new Call(on, plan));
  }

  #disturb(kind: string, at: number): void {
    if (kind === 'cancel') {
      this.calls.at(-1 - (at % Math.max(this.calls.length, 1)))?.cancel(new RunnerError('CANCELLED', 'left'));
      return;
    }
    const { harness } = this;
    const pods = harness.cluster.pods;
    const pod = pods[at % Math.max(pods.length, 1)];
    if (pod === undefined) return;
    const { name } = pod.metadata;
    const isRunning = pod.status.phase === 'Running' && pod.status.podIp !== '';
    if (kind === 'run' && !isRunning && pod.status.phase === 'Pending') harness.run(name);
    else if (kind === 'remove') {
      if (isRunning) harness.servers.lose(harness.address(name));
      harness.cluster.remove(name);
    } else if (kind === 'hopeless' && !isRunning) harness.cluster.setStatus(name, waitingStatus('InvalidImageName'));
    else if (kind === 'kill' && isRunning) harness.kill(name, 'Error', 1, 700);
    else if (kind === 'lose' && isRunning) harness.servers.lose(harness.address(name), at % 2 === 0);
  }

  async #restart(): Promise<void> {
    await this.#replicas[0]?.pool.close();
    this.#replicas[0] = this.harness.replica('a');
  }

  #check(): void {
    expect(this.harness.servers.open).to.be.at.least(0);
    for (const call of this.calls) if (call.state !== 'waiting') expect(call.ends).to.equal(1);
  }
}

describe('whatever happens to pods, callers and runners', () => {
  it('every call settles exactly once, and all loads return to zero', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const schedule = new Schedule();
        for (const next of steps) await schedule.take(next);
        await schedule.end();
      }),
      { seed: 20_261_121, numRuns: 60 },
    );
  }).timeout(60_000);
});
