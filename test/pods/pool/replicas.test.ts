import { expect } from 'chai';
import { objectAt } from '../../../src/kubernetes/object-meta.ts';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import { settle } from './fake-clock.ts';
import {
  Call,
  calls,
  evaluationTimeoutMs,
  minuteMs,
  patient,
  planOf,
  podName,
  PoolHarness,
  statesOf,
} from './pool-harness.ts';
import { ok } from './pod-servers.ts';

describe('replicas of the runner', () => {
  let harness: PoolHarness;

  beforeEach(() => {
    harness = new PoolHarness();
  });

  afterEach(async () => {
    await harness.close();
  });

  const deletesBy = (who: string): readonly string[] =>
    harness.cluster.requests.filter((line) => line.startsWith('delete pods') && line.endsWith(`by ${who}`));

  it('that start the same slot at once share one pod', async () => {
    harness.startsAfter(2000);
    const replicas = [harness.replica('a'), harness.replica('b'), harness.replica('c')];
    for (const { store } of replicas) store.hold();
    const all = replicas.flatMap((replica) => calls(10, replica, planOf()));
    await settle();
    expect(harness.podNames).to.have.length(1);
    for (const { store } of replicas) store.release();
    await harness.clock.advance(2000);
    expect(statesOf(all)).to.deep.equal({ answered: 30 });
    expect(harness.cluster.count('delete')).to.equal(0);
    expect(replicas.flatMap(({ counted }) => counted).toSorted()).to.deep.equal([
      'pod_starts created',
      'pod_starts shared',
      'pod_starts shared',
    ]);
  });

  it('find the pods of each other through the watch, without a request', async () => {
    const [one, other] = [harness.replica('a'), harness.replica('b')];
    await new Call(one, planOf()).settled;
    await new Call(other, planOf()).settled;
    expect(harness.cluster.requests.map((line) => line.split(' by ')[1])).to.deep.equal(['a']);
  });

  it('take over what runs when they are started again', async () => {
    const first = harness.replica('a');
    await new Call(first, planOf()).settled;
    await first.pool.close();
    const second = harness.replica('b');
    await new Call(second, planOf()).settled;
    expect(harness.podNames).to.have.length(1);
    expect(harness.cluster.requests.filter((line) => line.endsWith('by b'))).to.deep.equal([]);
  });

  it('start with pods that are not ready, and wait for them', async () => {
    harness.neverStarts();
    const first = harness.replica('a');
    const left = new Call(first, planOf());
    await settle();
    await first.pool.close();
    await settle();
    expect(left.state).to.equal('SHUTTING_DOWN');
    const call = new Call(harness.replica('b'), planOf());
    await settle();
    harness.run(harness.podNames[0] ?? '');
    await settle();
    expect(call.state).to.equal('answered');
    expect(harness.podNames).to.have.length(1);
  });

  it('that disagree on the last holder keep the elder pod; the younger takes no calls and goes within 10 s', async () => {
    const [one, other] = [harness.replica('a'), harness.replica('b')];
    one.store.hold();
    await new Call(other, planOf()).settled;
    const [elder = ''] = harness.podNames;
    await harness.clock.advance(1500);
    // The other one remembers a holder that nobody else has seen.
    const plan = planOf();
    const confused = { ...plan, pod: (slot: number) => plan.pod(slot, 'a pod of long ago') };
    const early = new Call(one, confused);
    await settle();
    expect(harness.podNames).to.have.length(2);
    one.store.release();
    await settle();
    expect(early.state).to.equal('answered');
    const younger = harness.podNames.find((name) => name !== elder) ?? '';
    const server = harness.servers.at(harness.address(younger));
    const before = server.calls;
    await Promise.all([one, other].flatMap((replica) => calls(10, replica, plan)).map(async ({ settled }) => settled));
    expect(server.calls).to.equal(before);
    await harness.clock.advance(10_000);
    expect(harness.podNames).to.deep.equal([elder]);
    expect(deletesBy('b')).to.deep.equal([]);
    expect(harness.servers.open).to.equal(2);
  });

  it('whose surplus pod never ran move its waiters to the elder one and delete it at once', async () => {
    const [one, other] = [harness.replica('a'), harness.replica('b')];
    harness.startsAfter(5000);
    one.store.hold();
    const plan = planOf();
    const first = new Call(other, plan);
    await harness.clock.advance(1500);
    const second = new Call(one, { ...plan, pod: (slot) => plan.pod(slot, 'a pod of long ago') });
    await settle();
    expect(harness.podNames).to.have.length(2);
    one.store.release();
    await settle();
    expect(harness.podNames).to.have.length(1);
    await harness.clock.advance(5000);
    expect(statesOf([first, second])).to.deep.equal({ answered: 2 });
  });

  it('do not let a terminating pod block its slot', async () => {
    harness.cluster.graceMs = 30_000;
    const replica = harness.replica();
    await new Call(replica, planOf()).settled;
    harness.cluster.delete(harness.podNames[0] ?? '');
    const next = new Call(replica, planOf());
    await settle();
    expect(next.state).to.equal('answered');
    expect(harness.podNames).to.have.length(2);
  });

  it('see past a terminating pod that their watch has not told them of', async () => {
    const plan = planOf();
    const replica = harness.replica('a');
    replica.store.hold();
    const name = podName(plan.key, 0, '');
    const body = plan.pod(0, '');
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    harness.cluster.add('pods', { ...body, metadata: { ...objectAt(body, 'metadata'), deletionTimestamp } });
    const call = new Call(replica, plan);
    await settle();
    expect(harness.podNames).to.have.length(2).and.include(name);
    expect(replica.counted).to.deep.equal(['pod_starts created']);
    replica.store.release();
    await settle();
    expect(call.state).to.equal('answered');
  });

  it('never delete the pod that has got the name of one they knew', async () => {
    const plan = planOf({ ttlMs: 20_000 });
    const replica = harness.replica('a');
    await new Call(replica, plan).settled;
    const [name = ''] = harness.podNames;
    await harness.clock.advance(minuteMs + 1000);
    expect(harness.cluster.pod(name).metadata.annotations[podMarks.drainingReason]).to.equal('idle');
    replica.store.hold();
    harness.cluster.remove(name);
    harness.cluster.add('pods', plan.pod(0, ''));
    expect(harness.podNames).to.deep.equal([name]);
    await harness.clock.advance(evaluationTimeoutMs + 8000);
    expect(deletesBy('a')).not.to.deep.equal([]);
    expect(harness.podNames).to.deep.equal([name]);
  });

  it('never touch a pod that is not ours, not even one with the name they want', async () => {
    const plan = planOf();
    const name = podName(plan.key, 0, '');
    harness.cluster.add('pods', { metadata: { name, labels: { 'fn.kpt.dev/image': 'x' } } });
    const replica = harness.replica();
    const call = new Call(replica, plan);
    await settle();
    expect(call.state).to.equal('answered');
    await harness.clock.advance(120 * 60_000);
    expect(harness.podNames).to.deep.equal([name]);
  });

  it('never delete a pod that another one uses: a mark, then --evaluation-timeout, then the deletion', async () => {
    const plan = planOf({ ttlMs: 20_000 });
    const [one, other] = [harness.replica('a'), harness.replica('b')];
    await new Call(one, plan).settled;
    const [name = ''] = harness.podNames;
    await one.pool.warm(plan, patient);
    await harness.clock.advance(19_000);
    const { promise, resolve } = Promise.withResolvers<void>();
    harness.servers.handler = async () => {
      await promise;
      return ok;
    };
    const running = new Call(one, plan);
    await harness.clock.advance(3000);
    expect(harness.cluster.pod(name).metadata.annotations[podMarks.drainingReason]).to.equal('idle');
    harness.servers.handler = async () => Promise.resolve(ok);
    await Promise.all([...calls(5, one, plan), ...calls(5, other, plan)].map(async ({ settled }) => settled));
    expect(harness.servers.at(harness.address(name)).calls, 'no new calls').to.equal(2);
    await harness.clock.advance(evaluationTimeoutMs - 5000);
    expect(harness.podNames).to.include(name);
    resolve();
    await settle();
    expect(running.state).to.equal('answered');
    expect(one.counted.filter((line) => line.startsWith('pod_retries'))).to.deep.equal([]);
    await harness.clock.advance(10_000);
    expect(harness.podNames).not.to.include(name);
  });

  it('go on when one of them is killed: another takes over its pod and in the end deletes it', async () => {
    harness.startsAfter(3000);
    const [killed, other] = [harness.replica('a'), harness.replica('b')];
    calls(3, killed, planOf({ ttlMs: 60_000 }));
    await harness.clock.advance(1000);
    await killed.pool.close();
    const call = new Call(other, planOf({ ttlMs: 60_000 }));
    await harness.clock.advance(2000);
    expect(call.state).to.equal('answered');
    expect(harness.podNames).to.have.length(1);
    await harness.clock.advance(60_000 + evaluationTimeoutMs + 61_000);
    expect(harness.podNames).to.deep.equal([]);
  });

  it('each see a hopeless pod for themselves and make one more between them', async () => {
    harness.neverStarts();
    const [one, other] = [harness.replica('a'), harness.replica('b')];
    const all = [...calls(20, one, planOf()), ...calls(20, other, planOf())];
    await settle();
    harness.cluster.setStatus(harness.podNames[0] ?? '', {
      phase: 'Pending',
      containerStatuses: [{ name: 'function', state: { waiting: { reason: 'InvalidImageName' } } }],
    });
    await settle();
    expect(statesOf(all)).to.deep.equal({ POD_START: 40 });
    expect(harness.cluster.requests.filter((line) => line.startsWith('create')).length).to.be.lessThan(3);
    await harness.clock.advance(1000);
    expect(harness.podNames).to.deep.equal([]);
  });
});
