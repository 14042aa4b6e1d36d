import { expect } from 'chai';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import { settle } from './fake-clock.ts';
import { Call, evaluationTimeoutMs, minuteMs, planOf, PoolHarness } from './pool-harness.ts';
import { ok } from './pod-servers.ts';

describe('a clock that is wrong', () => {
  let harness: PoolHarness;

  beforeEach(() => {
    harness = new PoolHarness();
  });

  afterEach(async () => {
    await harness.close();
  });

  const inAnHourMs = 60 * minuteMs;

  it('of the API server, an hour late, does not make new pods idle', async () => {
    harness.cluster.skewMs = -inAnHourMs;
    harness.startsAfter(5000);
    const [one, other] = [harness.replica('a'), harness.replica('b')];
    const call = new Call(one, planOf());
    await harness.clock.advance(6000);
    expect(call.state).to.equal('answered');
    await harness.clock.advance(20 * minuteMs);
    await new Call(other, planOf()).settled;
    expect(harness.cluster.count('create')).to.equal(1);
    await harness.clock.advance(31 * minuteMs + evaluationTimeoutMs + minuteMs);
    expect(harness.podNames).to.deep.equal([]);
  });

  it('of the API server, an hour early, does not keep idle pods', async () => {
    harness.cluster.skewMs = inAnHourMs;
    await new Call(harness.replica(), planOf()).settled;
    await harness.clock.advance(31 * minuteMs + evaluationTimeoutMs);
    expect(harness.podNames).to.deep.equal([]);
  });

  it('of the API server, an hour early, does not keep outdated pods', async () => {
    harness.cluster.skewMs = inAnHourMs;
    const replica = harness.replica();
    await new Call(replica, planOf()).settled;
    await harness.clock.advance(1000);
    await new Call(replica, planOf({ key: 'bbbbbbbbbbbbbbbb' })).settled;
    await harness.clock.advance(evaluationTimeoutMs + minuteMs);
    expect(harness.podNames).to.have.length(1);
  });

  it('of a replica that marked a pod, an hour late, does not end the calls that run there', async () => {
    const replica = harness.replica();
    let isOver = false;
    harness.servers.handler = async () => {
      await harness.clock.delay(evaluationTimeoutMs - 1000);
      isOver = true;
      return ok;
    };
    const other = harness.replica('b');
    const call = new Call(replica, planOf());
    await settle();
    const [name = ''] = harness.podNames;
    harness.cluster.annotate(name, {
      [podMarks.drainingSinceMs]: String(harness.clock.now() - inAnHourMs),
      [podMarks.drainingReason]: 'idle',
    });
    await harness.clock.advance(evaluationTimeoutMs - 2000);
    expect(harness.podNames).to.deep.equal([name]);
    await harness.clock.advance(10_000);
    expect([isOver, call.state]).to.deep.equal([true, 'answered']);
    expect(harness.podNames).to.deep.equal([]);
    await other.pool.close();
  });

  it('of a replica that marked a pod, an hour early, does not keep the pod', async () => {
    const replica = harness.replica();
    await new Call(replica, planOf()).settled;
    const [name = ''] = harness.podNames;
    harness.cluster.annotate(name, { [podMarks.drainingSinceMs]: String(harness.clock.now() + inAnHourMs) });
    await harness.clock.advance(evaluationTimeoutMs + 1000);
    expect(harness.podNames).to.deep.equal([]);
  });
});
