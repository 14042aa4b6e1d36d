import { expect } from 'chai';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import { refusal } from './cluster-double.ts';
import { settle } from './fake-clock.ts';
import { Call, evaluationTimeoutMs, minuteMs, planOf, podName, PoolHarness, runningStatus } from './pool-harness.ts';
import { ok } from './pod-servers.ts';

describe('function pods that nobody needs', () => {
  let harness: PoolHarness;

  beforeEach(() => {
    harness = new PoolHarness();
  });

  afterEach(async () => {
    await harness.close();
  });

  const reasonOf = (name: string): string | undefined =>
    harness.cluster.pod(name).metadata.annotations[podMarks.drainingReason];

  it('are marked after their time to live, wait for --evaluation-timeout, and go with their connections', async () => {
    const replica = harness.replica();
    await new Call(replica, planOf()).settled;
    const [name = ''] = harness.podNames;
    await harness.clock.advance(30 * minuteMs - 1000);
    expect(reasonOf(name)).to.equal(undefined);
    await harness.clock.advance(2000);
    expect(reasonOf(name)).to.equal('idle');
    expect(harness.servers.open).to.equal(0);
    await harness.clock.advance(evaluationTimeoutMs - 3000);
    expect(harness.podNames).to.deep.equal([name]);
    await harness.clock.advance(3000);
    expect(harness.podNames).to.deep.equal([]);
    expect(replica.counted).to.include('pod_collections idle');
    const call = new Call(replica, planOf());
    await settle();
    expect(call.state).to.equal('answered');
  });

  it('are not those that any replica used lately, which is noted once a minute at most', async () => {
    const [user] = [harness.replica('a'), harness.replica('b')];
    for (let second = 0; second < 45 * 60; second += 20) {
      await new Call(user, planOf()).settled;
      await harness.clock.advance(20_000);
    }
    expect(harness.podNames).to.have.length(1);
    expect(harness.cluster.count('create')).to.equal(1);
    expect(harness.cluster.count('patch')).to.be.within(40, 45);
    expect(harness.cluster.requests).to.have.length(1 + harness.cluster.count('patch'));
  });

  it('stay while a call runs there, however long', async () => {
    const replica = harness.replica();
    const { promise, resolve } = Promise.withResolvers<void>();
    harness.servers.handler = async () => {
      await promise;
      return ok;
    };
    const call = new Call(replica, planOf({ ttlMs: 5000 }));
    await harness.clock.advance(10 * minuteMs);
    expect(harness.podNames).to.have.length(1);
    resolve();
    await settle();
    expect(call.state).to.equal('answered');
    await harness.clock.advance(5000 + evaluationTimeoutMs + minuteMs);
    expect(harness.podNames).to.deep.equal([]);
  });

  it('of a cancelled call count as idle again', async () => {
    const replica = harness.replica();
    harness.servers.handler = async () => new Promise(() => undefined);
    const call = new Call(replica, planOf());
    await settle();
    call.cancel();
    await settle();
    expect(call.state).to.equal('CANCELLED');
    await harness.clock.advance(32 * minuteMs);
    expect(harness.podNames).to.deep.equal([]);
  });

  it('whose tag has moved drain while new calls go to new pods', async () => {
    const replica = harness.replica();
    const { promise, resolve } = Promise.withResolvers<void>();
    harness.servers.handler = async () => {
      await promise;
      return ok;
    };
    const old = new Call(replica, planOf());
    await harness.clock.advance(1500);
    const [before = ''] = harness.podNames;
    harness.servers.handler = async () => Promise.resolve(ok);
    const moved = new Call(replica, planOf({ key: 'bbbbbbbbbbbbbbbb' }));
    await settle();
    expect(moved.state).to.equal('answered');
    expect(reasonOf(before)).to.equal('outdated');
    await harness.clock.advance(evaluationTimeoutMs + 1000);
    expect(harness.podNames, 'its call still runs').to.include(before);
    resolve();
    await harness.clock.advance(1000);
    expect(old.state).to.equal('answered');
    expect(harness.podNames).to.have.length(1).and.not.include(before);
  });

  it('that failed go at once', async () => {
    const replica = harness.replica();
    await new Call(replica, planOf()).settled;
    harness.cluster.setStatus(harness.podNames[0] ?? '', { phase: 'Failed', reason: 'Evicted' });
    await settle();
    expect(harness.podNames).to.deep.equal([]);
    expect(replica.counted).to.include('pod_collections failed');
  });

  it('that nobody has ever asked for go with their own time to live', async () => {
    const plan = planOf({ ttlMs: 2 * minuteMs });
    harness.cluster.add('pods', { ...plan.pod(7, ''), status: runningStatus('10.9.9.9') });
    harness.cluster.add('pods', {
      metadata: { name: 'unreadable', labels: { [podMarks.managedBy]: 'krm-function-runner' } },
    });
    harness.cluster.add('pods', {
      metadata: { name: 'unreadable-too', labels: { [podMarks.managedBy]: 'krm-function-runner' } },
    });
    harness.replica();
    await harness.clock.advance(3 * minuteMs);
    expect(harness.podNames).to.deep.equal(['unreadable', 'unreadable-too']);
    await harness.clock.advance(30 * minuteMs);
    expect(harness.podNames).to.deep.equal([]);
  });

  it('are read again when somebody changed them in between', async () => {
    const replica = harness.replica();
    await new Call(replica, planOf()).settled;
    const [name = ''] = harness.podNames;
    await harness.clock.advance(30 * minuteMs - 1000);
    replica.store.hold();
    harness.cluster.annotate(name, { note: 'to whom it may concern' });
    await harness.clock.advance(3000 + evaluationTimeoutMs + 10_000);
    expect(harness.podNames).to.deep.equal([]);
    expect(harness.cluster.count('get')).to.be.greaterThan(0);
    replica.store.release();
    await settle();
  });

  it('are tried again when the API server is down', async () => {
    const replica = harness.replica();
    await new Call(replica, planOf()).settled;
    harness.cluster.refuse = () => refusal(503, '', 'down');
    await harness.clock.advance(31 * minuteMs);
    expect(harness.podNames).to.have.length(1);
    expect(harness.cluster.requests.length, 'not over and over').to.be.lessThan(20);
    harness.cluster.refuse = undefined;
    await harness.clock.advance(2 * minuteMs);
    expect(harness.podNames).to.deep.equal([]);
  });
});

describe('a Service per pod', () => {
  let harness: PoolHarness;

  beforeEach(() => {
    harness = new PoolHarness();
    harness.cluster.created = (name) => {
      harness.servers.serve(`svc-${name}.fns.svc.cluster.local:9446`);
      harness.cluster.setStatus(name, runningStatus('10.0.0.1'));
    };
  });

  afterEach(async () => {
    await harness.close();
  });

  it('is not made where pods are reached by their addresses', async () => {
    harness.cluster.created = (name) => {
      harness.run(name);
    };
    const call = new Call(harness.replica('a', { podAddress: 'ip' }), planOf());
    await settle();
    expect(harness.cluster.raw('services')).to.deep.equal([]);
    expect(harness.servers.dialled).to.deep.equal([harness.address(harness.podNames[0] ?? '')]);
    expect(call.state).to.equal('answered');
  });

  it('is made before its pod is used, once, and is the address that is dialled', async () => {
    const replica = harness.replica('a', { podAddress: 'service' });
    await new Call(replica, planOf()).settled;
    await new Call(replica, planOf()).settled;
    const [name = ''] = harness.podNames;
    expect(harness.servers.dialled).to.deep.equal([`svc-${name}.fns.svc.cluster.local:9446`]);
    expect(harness.cluster.requests.filter((line) => line.startsWith('create services'))).to.have.length(1);
    expect(harness.cluster.raw('services')).to.have.length(1);
    const { uid } = harness.cluster.pod(name).metadata;
    expect(JSON.stringify(harness.cluster.raw('services')[0])).to.include(
      JSON.stringify([{ apiVersion: 'v1', kind: 'Pod', name, uid }]),
    );
  });

  it('is not made again for another connection', async () => {
    const replica = harness.replica('a', { podAddress: 'service' });
    let tries = 0;
    harness.servers.handler = async () => {
      tries += 1;
      return tries === 1 ? new Promise(() => undefined) : ok;
    };
    const call = new Call(replica, planOf());
    await settle();
    harness.servers.lose(harness.servers.dialled[0] ?? '', true);
    await settle();
    expect(call.state).to.equal('answered');
    expect(harness.servers.dialled).to.have.length(2);
    expect(harness.cluster.requests.filter((line) => line.startsWith('create services'))).to.have.length(1);
  });

  it('is shared by replicas', async () => {
    const plan = planOf();
    await new Call(harness.replica('a', { podAddress: 'service' }), plan).settled;
    await new Call(harness.replica('b', { podAddress: 'service' }), plan).settled;
    expect(harness.cluster.raw('services')).to.have.length(1);
  });

  it('is replaced when it belonged to an earlier pod of that name', async () => {
    const plan = planOf();
    const name = podName(plan.key, 0, '');
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name, uid: 'before' }];
    harness.cluster.add('services', { metadata: { name: `svc-${name}`, ownerReferences } });
    const call = new Call(harness.replica('a', { podAddress: 'service' }), plan);
    await settle();
    expect(call.state).to.equal('answered');
    expect(JSON.stringify(harness.cluster.raw('services')))
      .to.include('svc-')
      .and.not.include('before');
  });

  it('goes with its pod, whoever made it', async () => {
    const first = harness.replica('a', { podAddress: 'service' });
    await new Call(first, planOf({ ttlMs: minuteMs })).settled;
    await first.pool.close();
    harness.replica('b', { podAddress: 'service' });
    await harness.clock.advance(minuteMs + evaluationTimeoutMs + 2 * minuteMs);
    expect(harness.podNames).to.deep.equal([]);
    expect(harness.cluster.raw('services')).to.deep.equal([]);
  });
});
