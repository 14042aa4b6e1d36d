import { expect } from 'chai';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import { refusal } from './cluster-double.ts';
import { settle } from './fake-clock.ts';
import { ok } from './pod-servers.ts';
import {
  Call,
  calls,
  evaluationTimeoutMs,
  minuteMs,
  planOf,
  PoolHarness,
  runningStatus,
  statesOf,
} from './pool-harness.ts';

describe('function pods in use', () => {
  let harness: PoolHarness;

  beforeEach(() => {
    harness = new PoolHarness();
  });

  afterEach(async () => {
    await harness.close();
  });

  const reasonOf = (name: string): string | undefined =>
    harness.cluster.pod(name).metadata.annotations[podMarks.drainingReason];

  it('are noted so once a minute at most though the API server is away', async () => {
    const replica = harness.replica();
    await new Call(replica, planOf()).settled;
    await harness.clock.advance(5 * minuteMs);
    harness.cluster.refuse = () => refusal(503, '', 'down');
    for (let second = 0; second < 120; second += 1) {
      const call = new Call(replica, planOf());
      await call.settled;
      expect(call.state).to.equal('answered');
      await harness.clock.advance(1000);
    }
    expect(harness.cluster.count('patch')).to.be.within(1, 3);
  });

  it('stay when a call for the version before comes a moment after the tag has moved', async () => {
    const replica = harness.replica();
    const [old, moved] = [planOf(), planOf({ key: 'bbbbbbbbbbbbbbbb' })];
    await new Call(replica, old).settled;
    await harness.clock.advance(2000);
    await new Call(replica, moved).settled;
    await harness.clock.advance(2000);
    const late = new Call(replica, old);
    await harness.clock.advance(2000);
    expect(late.state).to.equal('answered');
    const newer = harness.cluster.pods.find(({ metadata }) => metadata.labels[podMarks.functionKey] === moved.key);
    expect(reasonOf(newer?.metadata.name ?? '')).to.equal(undefined);
  });

  it('stay when tags of one repository are asked for by turns, and when a tag and its digest are', async () => {
    const replica = harness.replica();
    const plans = [
      planOf(),
      planOf({ key: 'bbbbbbbbbbbbbbbb', image: 'registry.test/fn:v2' }),
      planOf({ image: 'registry.test/fn@sha256:0123' }),
    ];
    for (let round = 0; round < 30; round += 1) {
      for (const plan of plans) await new Call(replica, plan).settled;
      await harness.clock.advance(2000);
    }
    expect(harness.podNames).to.have.length(2);
    expect(harness.cluster.count('create')).to.equal(2);
    expect(harness.podNames.map(reasonOf)).to.deep.equal([undefined, undefined]);
  });

  it('answer every call while the tag goes to and fro', async () => {
    const replica = harness.replica();
    const plans = [planOf(), planOf({ key: 'bbbbbbbbbbbbbbbb' })];
    const states = new Set<string>();
    for (let second = 0; second < 300; second += 1) {
      const plan = plans[Math.floor(second / 7) % 2] ?? planOf();
      const call = new Call(replica, plan);
      await call.settled;
      states.add(call.state);
      await harness.clock.advance(1000);
    }
    expect([...states]).to.deep.equal(['answered']);
    await harness.clock.advance(evaluationTimeoutMs + minuteMs);
    expect(harness.podNames.length).to.be.lessThan(3);
  });

  it('and those that start answer who waits for them though the tag moves meanwhile', async () => {
    harness.startsAfter(5000);
    const [replica, other] = [harness.replica('a'), harness.replica('b')];
    const waiting = calls(16, replica, planOf({ maxPods: 5 }));
    await harness.clock.advance(1000);
    const moved = [replica, other].map((one) => new Call(one, planOf({ key: 'bbbbbbbbbbbbbbbb' })));
    await harness.clock.advance(20_000);
    expect(statesOf([...waiting, ...moved])).to.deep.equal({ answered: 18 });
    await harness.clock.advance(evaluationTimeoutMs + minuteMs);
    expect(harness.podNames).to.have.length(1);
  });

  it('are left to the others when this replica cannot make the Service for one', async () => {
    harness.cluster.created = (name) => {
      harness.servers.serve(`svc-${name}.fns.svc.cluster.local:9446`);
      harness.cluster.setStatus(name, runningStatus('10.0.0.1'));
    };
    const plan = planOf();
    await new Call(harness.replica('a', { podAddress: 'service' }), plan).settled;
    const other = harness.replica('b', { podAddress: 'service' });
    harness.cluster.refuse = (verb) => (verb === 'create services' ? refusal(503, '', 'down') : undefined);
    const failed = new Call(other, plan);
    await settle();
    expect(failed.state).to.equal('CLUSTER_UNAVAILABLE');
    harness.cluster.refuse = undefined;
    await harness.clock.advance(evaluationTimeoutMs + minuteMs);
    expect(harness.cluster.count('delete')).to.equal(0);
    const call = new Call(other, plan);
    await settle();
    expect(call.state).to.equal('answered');
  });

  it('that were silent for a while are used again where no API server can give another', async () => {
    const replica = harness.replica();
    await new Call(replica, planOf()).settled;
    const [name = ''] = harness.podNames;
    harness.cluster.refuse = () => refusal(0, '', 'no answer');
    harness.servers.handler = async () => new Promise(() => undefined);
    const lost = new Call(replica, planOf());
    await settle();
    harness.servers.lose(harness.address(name));
    await harness.clock.advance(9000);
    harness.servers.handler = async () => Promise.resolve(ok);
    const waiting = new Call(replica, planOf());
    await harness.clock.advance(1000);
    harness.servers.serve(harness.address(name));
    await settle();
    const late = new Call(replica, planOf());
    await settle();
    expect([lost.state, waiting.state, late.state]).to.deep.equal(['answered', 'answered', 'answered']);
    expect(harness.podNames).to.deep.equal([name]);
  });

  it('is dialled anew when its address changes before it serves', async () => {
    harness.neverStarts();
    const call = new Call(harness.replica(), planOf());
    await settle();
    const [name = ''] = harness.podNames;
    harness.run(name, false);
    await settle();
    harness.run(name);
    await settle();
    expect(call.state).to.equal('answered');
  });
});
