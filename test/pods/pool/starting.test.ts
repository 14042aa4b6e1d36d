import { expect } from 'chai';
import { RunnerError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { refusal } from './cluster-double.ts';
import { settle } from './fake-clock.ts';
import {
  Call,
  calls,
  container,
  patient,
  planOf,
  podReadyTimeoutMs,
  PoolHarness,
  runningStatus,
  statesOf,
  waitingStatus,
} from './pool-harness.ts';

describe('a function pod that starts', () => {
  let harness: PoolHarness;

  beforeEach(() => {
    harness = new PoolHarness();
  });

  afterEach(async () => {
    await harness.close();
  });

  it('costs one write when there is none, and no request when it serves', async () => {
    const replica = harness.replica();
    await new Call(replica, planOf()).settled;
    expect(harness.cluster.requests.map((line) => line.split(' ')[0])).to.deep.equal(['create']);
    const warm = calls(20, replica, planOf());
    await settle();
    expect(statesOf(warm)).to.deep.equal({ answered: 20 });
    expect(harness.cluster.requests).to.have.length(1);
    expect(replica.counted).to.deep.equal(['pod_starts created']);
  });

  it('is dialled as soon as its container runs, and called when its server says SERVING', async () => {
    harness.neverStarts();
    const call = new Call(harness.replica(), planOf());
    await settle();
    const [name = ''] = harness.podNames;
    expect(harness.servers.dialled).to.deep.equal([]);
    harness.run(name, false);
    await settle();
    expect(harness.servers.dialled).to.deep.equal([harness.address(name)]);
    expect(call.state).to.equal('waiting');
    harness.servers.serve(harness.address(name));
    await settle();
    expect(call.state).to.equal('answered');
  });

  it('is shared by all the calls that come meanwhile', async () => {
    harness.startsAfter(3000);
    const all = calls(50, harness.replica(), planOf());
    await harness.clock.advance(3000);
    expect(statesOf(all)).to.deep.equal({ answered: 50 });
    expect(harness.cluster.count('create')).to.equal(1);
  });

  it('costs no request while it is waited for, however long that takes', async () => {
    harness.startsAfter(5000);
    const call = new Call(harness.replica(), planOf());
    await harness.clock.advance(4999);
    expect(call.state).to.equal('waiting');
    await harness.clock.advance(1);
    expect(call.state).to.equal('answered');
    expect(harness.cluster.requests.map((line) => line.split(' ')[0])).to.deep.equal(['create']);
  });

  it('is there after warm(), once, and no second time', async () => {
    const { pool } = harness.replica();
    await pool.warm(planOf(), patient);
    await pool.warm(planOf(), patient);
    expect(harness.podNames).to.have.length(1);
    expect(harness.servers.calls).to.equal(0);
  });

  const hopeless: readonly (readonly [string, JsonObject, string])[] = [
    ['InvalidImageName', waitingStatus('InvalidImageName'), 'POD_START'],
    ['ErrImageNeverPull', waitingStatus('ErrImageNeverPull'), 'POD_START'],
    ['a pull that is refused', waitingStatus('ErrImagePull', 'failed: 401 Unauthorized'), 'POD_PULL_DENIED'],
    [
      'an image that is not there',
      waitingStatus('ImagePullBackOff', 'manifest unknown: not found'),
      'POD_PULL_NOT_FOUND',
    ],
    ['CreateContainerError', waitingStatus('CreateContainerError', 'exec: no such file'), 'POD_START'],
    [
      'CrashLoopBackOff',
      {
        phase: 'Running',
        containerStatuses: [
          container({ waiting: { reason: 'CrashLoopBackOff' } }, 3, { terminated: { reason: 'Error', exitCode: 3 } }),
        ],
      },
      'POD_START',
    ],
  ];

  for (const [title, status, code] of hopeless) {
    it(`fails its waiters at once on ${title}, with a hint, and is deleted`, async () => {
      harness.neverStarts();
      const replica = harness.replica();
      const all = calls(1000, replica, planOf());
      await settle();
      const [name = ''] = harness.podNames;
      harness.cluster.setStatus(name, status);
      await settle();
      expect(statesOf(all)).to.deep.equal({ [code]: 1000 });
      expect(all[0]?.error.details.hint).to.be.a('string').and.not.equal('');
      await harness.clock.advance(2000);
      expect(harness.podNames).to.deep.equal([]);
      expect(replica.counted).to.deep.equal(['pod_starts created', `pod_starts ${code}`, 'pod_collections failed']);
    });
  }

  it('that may still come up waits for --pod-ready-timeout and then gives the last message', async () => {
    harness.showsStatus({
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes are available' },
      ],
    });
    const call = new Call(harness.replica(), planOf());
    await harness.clock.advance(podReadyTimeoutMs - 1);
    expect(call.state).to.equal('waiting');
    await harness.clock.advance(1);
    expect(call.state).to.equal('POD_PENDING');
    expect(call.error.message).to.include('Unschedulable').and.include('0/3 nodes are available').and.include('60 s');
    expect(harness.podNames, 'an autoscaler may be about to make room').to.have.length(1);
  });

  it('whose server never answers fails its waiters after --pod-ready-timeout and drains', async () => {
    harness.cluster.created = (name) => {
      harness.run(name, false);
    };
    const call = new Call(harness.replica(), planOf());
    await harness.clock.advance(podReadyTimeoutMs);
    expect(call.state).to.equal('POD_PENDING');
    expect(call.error.message).to.include('in-pod server');
    await harness.clock.advance(40_000);
    expect(harness.podNames).to.deep.equal([]);
    expect(harness.servers.open).to.equal(0);
  });

  it('whose server can never serve fails its waiters with that reason', async () => {
    harness.cluster.created = (name) => {
      const next = '10.0.0.99';
      harness.servers.at(`${next}:9446`).failure = new RunnerError('MAN_CONFIG', 'no command');
      harness.cluster.setStatus(name, runningStatus(next));
    };
    const call = new Call(harness.replica(), planOf());
    await harness.clock.advance(10);
    expect(call.state).to.equal('MAN_CONFIG');
    await harness.clock.advance(5000);
    expect(harness.podNames).to.deep.equal([]);
  });

  it("bounds the wait by the caller's deadline and says what it waited for", async () => {
    harness.showsStatus(waitingStatus('ContainerCreating'));
    const call = new Call(harness.replica(), planOf());
    await settle();
    call.cancel(new RunnerError('DEADLINE', 'the call took longer than 5 s'));
    await settle();
    expect(call.state).to.equal('DEADLINE');
    expect(call.error.message)
      .to.include('ContainerCreating')
      .and.include(harness.podNames[0] ?? '-');
  });

  it('goes on for the others when one waiter leaves', async () => {
    harness.startsAfter(2000);
    const { pool } = harness.replica();
    const [first, second, ...others] = calls(5, { pool, store: harness.cluster.store(), counted: [] }, planOf());
    await harness.clock.advance(1000);
    first?.cancel();
    second?.cancel();
    await settle();
    expect([first?.state, second?.state]).to.deep.equal(['CANCELLED', 'CANCELLED']);
    await harness.clock.advance(1000);
    expect(statesOf(others)).to.deep.equal({ answered: 3 });
    expect(harness.servers.calls).to.equal(3);
  });

  it('does not count callers that have left', async () => {
    harness.neverStarts();
    const replica = harness.replica();
    const plan = planOf({ maxPods: 4, maxWaitlist: 2, ttlMs: 1000 });
    for (let round = 0; round < 5; round += 1) {
      const all = calls(2, replica, plan);
      await settle();
      for (const call of all) call.cancel();
      await settle();
    }
    expect(harness.podNames).to.have.length(1);
    await harness.clock.advance(3 * podReadyTimeoutMs);
    expect(harness.podNames, 'nobody waits for it, so it is idle').to.deep.equal([]);
  });

  it('is not cancelled by its last waiter: the next call finds it', async () => {
    harness.startsAfter(2000);
    const replica = harness.replica();
    const left = new Call(replica, planOf());
    await settle();
    left.cancel();
    await harness.clock.advance(2000);
    const next = new Call(replica, planOf());
    await settle();
    expect(next.state).to.equal('answered');
    expect(harness.cluster.count('create')).to.equal(1);
  });
});

describe('a function pod that the cluster refuses', () => {
  const quota = 'pods "fn" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=9, limited: pods=9';
  const refusals: readonly (readonly [string, Parameters<typeof refusal>, string, RegExp])[] = [
    ['a quota', [403, 'Forbidden', quota], 'POD_START', /ResourceQuota/],
    ['Pod Security', [403, 'Forbidden', 'violates PodSecurity "restricted"'], 'POD_START', /Pod Security/],
    ['admission', [403, 'Forbidden', 'admission webhook "x" denied the request'], 'POD_START', /admission/],
    ['an invalid template', [422, 'Invalid', 'spec.containers[0].image: Required'], 'POD_START', /template/],
    ['a missing namespace', [404, 'NotFound', 'namespaces "fns" not found'], 'POD_START', /pod-namespace/],
    ['a missing permission', [403, 'Forbidden', 'User "x" cannot create resource "pods"'], 'CLUSTER_DENIED', /^$/],
    ['an API server that is down', [0, '', 'no answer'], 'CLUSTER_UNAVAILABLE', /^$/],
  ];

  for (const [title, answer, code, hint] of refusals) {
    it(`because of ${title} fails its waiters at once with ${code}`, async () => {
      const harness = new PoolHarness();
      harness.cluster.refuse = (action) => (action === 'create pods' ? refusal(...answer) : undefined);
      const all = calls(1000, harness.replica(), planOf());
      await settle();
      expect(statesOf(all)).to.deep.equal({ [code]: 1000 });
      expect(all[0]?.error.message).to.include(answer[2]);
      expect(all[0]?.error.details.hint ?? '').to.match(hint);
      expect(harness.cluster.count('create'), 'a thousand calls, one pod').to.equal(1);
      await harness.close();
    });
  }

  it('is tried again a few seconds later, not before', async () => {
    const harness = new PoolHarness();
    const replica = harness.replica();
    harness.cluster.refuse = (action) => (action === 'create pods' ? refusal(403, 'Forbidden', quota) : undefined);
    await new Call(replica, planOf()).settled;
    harness.cluster.refuse = undefined;
    await harness.clock.advance(1000);
    const early = new Call(replica, planOf());
    await settle();
    expect(early.state).to.equal('POD_START');
    await harness.clock.advance(4000);
    const late = new Call(replica, planOf());
    await settle();
    expect(late.state).to.equal('answered');
    await harness.close();
  });

  it('fails nobody while another pod of the function serves', async () => {
    const harness = new PoolHarness();
    const replica = harness.replica();
    const plan = planOf({ maxPods: 3, maxWaitlist: 1 });
    await new Call(replica, plan).settled;
    harness.cluster.refuse = (action) => (action === 'create pods' ? refusal(403, 'Forbidden', quota) : undefined);
    const all = calls(30, replica, plan);
    await settle();
    expect(statesOf(all)).to.deep.equal({ answered: 30 });
    await harness.close();
  });

  it('for a quarrel about the quota is tried again at once', async () => {
    const harness = new PoolHarness();
    let tries = 0;
    harness.cluster.refuse = (action) => {
      if (action !== 'create pods') return undefined;
      tries += 1;
      return tries < 3 ? refusal(409, 'Conflict', 'resourcequotas "q": the object has been modified') : undefined;
    };
    const call = new Call(harness.replica(), planOf());
    await harness.clock.advance(1000);
    expect(call.state).to.equal('answered');
    await harness.close();
  });
});
