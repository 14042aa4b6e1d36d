import { expect } from 'chai';
import { settle } from './fake-clock.ts';
import { Call, calls, planOf, PoolHarness, statesOf, waitingStatus } from './pool-harness.ts';
import { ok } from './pod-servers.ts';

describe('the pods of one function', () => {
  let harness: PoolHarness;

  beforeEach(() => {
    harness = new PoolHarness();
  });

  afterEach(async () => {
    await harness.close();
  });

  /** Functions run until the test lets them end. */
  function heldFunctions(): { end(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    harness.servers.handler = async () => {
      await promise;
      return ok;
    };
    return { end: resolve };
  }

  const runningAt = (): readonly number[] =>
    harness.podNames.map((name) => harness.servers.at(harness.address(name)).running.size);

  it('take calls concurrently', async () => {
    const functions = heldFunctions();
    const all = calls(20, harness.replica(), planOf());
    await settle();
    expect(runningAt()).to.deep.equal([20]);
    functions.end();
    await settle();
    expect(statesOf(all)).to.deep.equal({ answered: 20 });
  });

  it('get one more when as many calls as --max-waitlist-length are on each, up to the most', async () => {
    const functions = heldFunctions();
    const replica = harness.replica();
    const plan = planOf({ maxPods: 3, maxWaitlist: 2 });
    const counts: number[] = [];
    for (let call = 0; call < 9; call += 1) {
      calls(1, replica, plan);
      await settle();
      counts.push(harness.podNames.length);
    }
    expect(counts).to.deep.equal([1, 1, 2, 2, 3, 3, 3, 3, 3]);
    functions.end();
    await settle();
  });

  it('share the load evenly', async () => {
    const functions = heldFunctions();
    const replica = harness.replica();
    const plan = planOf({ maxPods: 3, maxWaitlist: 1 });
    for (let call = 0; call < 30; call += 1) {
      calls(1, replica, plan);
      await settle();
    }
    expect(runningAt()).to.deep.equal([10, 10, 10]);
    functions.end();
    await settle();
  });

  it('take turns when nothing runs', async () => {
    const replica = harness.replica();
    const plan = planOf({ maxPods: 2, maxWaitlist: 1 });
    const functions = heldFunctions();
    calls(2, replica, plan);
    await settle();
    functions.end();
    await settle();
    const before = harness.podNames.map((name) => harness.servers.at(harness.address(name)).calls);
    for (let call = 0; call < 10; call += 1) await new Call(replica, plan).settled;
    const after = harness.podNames.map(
      (name, at) => harness.servers.at(harness.address(name)).calls - (before[at] ?? 0),
    );
    expect(after).to.deep.equal([5, 5]);
  });

  it('do not keep a call waiting for the next pod while one serves', async () => {
    const replica = harness.replica();
    const plan = planOf({ maxPods: 2, maxWaitlist: 1 });
    await new Call(replica, plan).settled;
    harness.neverStarts();
    const functions = heldFunctions();
    calls(3, replica, plan);
    await settle();
    expect(harness.podNames).to.have.length(2);
    expect(harness.servers.calls).to.equal(4);
    functions.end();
    await settle();
  });

  it('hand waiting calls to the pod that serves first, as many as it should have', async () => {
    harness.neverStarts();
    const functions = heldFunctions();
    calls(6, harness.replica(), planOf({ maxPods: 2, maxWaitlist: 3 }));
    await settle();
    const [, second = ''] = harness.podNames;
    harness.run(second);
    await settle();
    expect(harness.servers.at(harness.address(second)).running.size).to.equal(3);
    functions.end();
    await settle();
  });

  it('take over the waiting calls of one that cannot start', async () => {
    harness.neverStarts();
    const all = calls(6, harness.replica(), planOf({ maxPods: 2, maxWaitlist: 3 }));
    await settle();
    const [first = '', second = ''] = harness.podNames;
    const functions = heldFunctions();
    harness.run(second);
    await settle();
    functions.end();
    harness.cluster.setStatus(first, waitingStatus('InvalidImageName'));
    await settle();
    expect(statesOf(all)).to.deep.equal({ answered: 6 });
  });

  it('refuse nothing however many calls there are', async () => {
    harness.startsAfter(1000);
    const all = calls(1000, harness.replica(), planOf({ maxPods: 2 }));
    await harness.clock.advance(1000);
    expect(statesOf(all)).to.deep.equal({ answered: 1000 });
    expect(harness.podNames).to.have.length(2);
  });

  it('do not run calls that were cancelled before they began', async () => {
    const replica = harness.replica();
    const signal = AbortSignal.abort();
    let code = '';
    await replica.pool.run(planOf(), { image: 'x', resourceList: new Uint8Array() }, signal).catch((error: unknown) => {
      code = String(error instanceof Error && 'code' in error ? error.code : error);
    });
    expect(code).to.equal('CANCELLED');
    expect(harness.podNames).to.deep.equal([]);
  });

  it('end with the pool: waiting calls are told, running ones end by themselves, pods stay', async () => {
    const functions = heldFunctions();
    const replica = harness.replica();
    const running = new Call(replica, planOf());
    await settle();
    harness.neverStarts();
    const waiting = new Call(replica, planOf({ key: 'bbbbbbbbbbbbbbbb', image: 'registry.test/other' }));
    await settle();
    await replica.pool.close();
    await settle();
    expect(waiting.state).to.equal('SHUTTING_DOWN');
    expect(running.state).to.equal('waiting');
    functions.end();
    await settle();
    expect(running.state).to.equal('answered');
    expect(harness.servers.open).to.equal(0);
    expect(harness.podNames).to.have.length(2);
    expect(harness.clock.waiting, 'no timer is left').to.equal(0);
  });
});
