import { expect } from 'chai';
import { objectAt, textAt } from '../../../src/kubernetes/object-meta.ts';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import { settle } from './fake-clock.ts';
import { Call, evaluationTimeoutMs, minuteMs, planOf, PoolHarness, runningStatus } from './pool-harness.ts';

describe('replicas of which one tidies up', () => {
  let harness: PoolHarness;
  let tidying: 'a' | 'b' | 'none' = 'a';

  beforeEach(() => {
    harness = new PoolHarness();
    tidying = 'a';
  });

  afterEach(async () => {
    await harness.close();
  });

  const both = (podAddress: 'ip' | 'service' = 'ip'): readonly ReturnType<PoolHarness['replica']>[] =>
    (['a', 'b'] as const).map((who) => harness.replica(who, { podAddress, mayCollectShared: () => tidying === who }));
  const done = (verb: string): readonly string[] =>
    harness.cluster.requests.filter((line) => line.startsWith(`${verb} pods`)).map((line) => line.slice(-1));

  it('leave idle pods to it, whoever made them', async () => {
    const [, other] = both();
    if (other === undefined) throw new Error('two replicas');
    await new Call(other, planOf({ ttlMs: minuteMs })).settled;
    await harness.clock.advance(minuteMs + evaluationTimeoutMs + 10_000);
    expect(harness.podNames).to.deep.equal([]);
    expect([...done('patch'), ...done('delete')]).to.deep.equal(['a', 'a']);
  });

  it('go on within seconds when another one does', async () => {
    const [one] = both();
    if (one === undefined) throw new Error('two replicas');
    await new Call(one, planOf({ ttlMs: minuteMs })).settled;
    await harness.clock.advance(minuteMs + 10_000);
    expect(done('patch')).to.deep.equal(['a']);
    tidying = 'b';
    await harness.clock.advance(evaluationTimeoutMs + 5000);
    expect(harness.podNames).to.deep.equal([]);
    expect(done('delete')).to.deep.equal(['b']);
  });

  it('each delete the failed pods that they made, and it alone those of others', async () => {
    tidying = 'none';
    const [, other] = both();
    if (other === undefined) throw new Error('two replicas');
    await new Call(other, planOf()).settled;
    harness.cluster.setStatus(harness.podNames[0] ?? '', { phase: 'Failed', reason: 'Evicted' });
    const stray = harness.cluster.add('pods', { ...planOf().pod(7, ''), status: { phase: 'Failed' } });
    await harness.clock.advance(10_000);
    expect(done('delete')).to.deep.equal(['b']);
    expect(harness.podNames).to.deep.equal([textAt(objectAt(stray, 'metadata'), 'name')]);
    tidying = 'a';
    await harness.clock.advance(10_000);
    expect(harness.podNames).to.deep.equal([]);
    expect(done('delete')).to.deep.equal(['b', 'a']);
  });

  it('each mark what they alone know to be outdated', async () => {
    const [, other] = both();
    if (other === undefined) throw new Error('two replicas');
    await new Call(other, planOf()).settled;
    const [before = ''] = harness.podNames;
    await harness.clock.advance(2000);
    await new Call(other, planOf({ key: 'bbbbbbbbbbbbbbbb' })).settled;
    await settle();
    expect(harness.cluster.pod(before).metadata.annotations[podMarks.drainingReason]).to.equal('outdated');
    await harness.clock.advance(evaluationTimeoutMs + 10_000);
    expect(harness.podNames).not.to.include(before);
    expect(done('delete')).to.deep.equal(['a']);
  });

  it('leave Services without a pod to it', async () => {
    harness.cluster.created = (name) => {
      harness.servers.serve(`svc-${name}.fns.svc.cluster.local:9446`);
      harness.cluster.setStatus(name, runningStatus('10.0.0.1'));
    };
    both('service');
    await harness.clock.advance(3 * minuteMs);
    const lists = harness.cluster.requests.filter((line) => line.startsWith('list services'));
    expect(new Set(lists)).to.have.length(1);
  });
});
