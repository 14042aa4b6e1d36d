import { expect } from 'chai';
import { Call, planOf, PoolHarness, type Replica, waitingStatus } from './pool-harness.ts';

const denied = waitingStatus('ErrImagePull', 'failed to pull image: unexpected status: 401 Unauthorized');

describe('a function pod whose image its node was refused', () => {
  let harness: PoolHarness;
  let replica: Replica;
  let asked: number;
  let answer: boolean | Error;

  const plan = planOf({
    maxPods: 3,
    maxWaitlist: 1,
    renew: async () => {
      asked += 1;
      if (answer instanceof Error) throw answer;
      return Promise.resolve(answer);
    },
  });

  beforeEach(() => {
    [harness, asked, answer] = [new PoolHarness(), 0, true];
    replica = harness.replica();
  });

  afterEach(async () => {
    await harness.close();
  });

  /** The first so many pods are refused. */
  const refuse = (count: number): void => {
    let left = count;
    harness.cluster.created = (name) => {
      left -= 1;
      if (left >= 0) harness.clock.at(100, () => harness.cluster.setStatus(name, denied));
      else harness.run(name);
    };
  };

  it('is replaced when another one would be given other credentials', async () => {
    refuse(1);
    const call = new Call(replica, plan);
    await harness.clock.advance(1000);
    expect(call.state).to.equal('answered');
    expect(asked).to.equal(1);
    expect(harness.podNames).to.have.length(1);
  });

  it('is replaced with all that were started with the same credentials, after one question', async () => {
    refuse(3);
    const all = [new Call(replica, plan), new Call(replica, plan), new Call(replica, plan)];
    await harness.clock.advance(1000);
    expect(all.map(({ state }) => state)).to.deep.equal(['answered', 'answered', 'answered']);
    expect(asked).to.equal(1);
  });

  it('fails its calls when there are no others', async () => {
    refuse(1);
    answer = false;
    const call = new Call(replica, plan);
    await harness.clock.advance(1000);
    expect(call.state).to.equal('POD_PULL_DENIED');
    expect(asked).to.equal(1);
  });

  it('fails its calls when others cannot be had', async () => {
    refuse(1);
    answer = new Error('no answer');
    const call = new Call(replica, plan);
    await harness.clock.advance(1000);
    expect(call.state).to.equal('POD_PULL_DENIED');
  });

  it('is replaced once: who is refused again is refused', async () => {
    refuse(2);
    const call = new Call(replica, plan);
    await harness.clock.advance(1000);
    expect(call.state).to.equal('POD_PULL_DENIED');
    expect(asked).to.equal(1);
  });

  it('is asked about again a minute later', async () => {
    refuse(1);
    answer = false;
    const first = new Call(replica, plan);
    await harness.clock.advance(61_000);
    expect(first.state).to.equal('POD_PULL_DENIED');
    refuse(1);
    answer = true;
    const call = new Call(replica, plan);
    await harness.clock.advance(1000);
    expect(call.state).to.equal('answered');
    expect(asked).to.equal(2);
  });

  it('is not asked about when something else is wrong', async () => {
    harness.showsStatus(waitingStatus('ErrImagePull', 'manifest unknown: not found'));
    const call = new Call(replica, plan);
    await harness.clock.advance(1000);
    expect(call.state).to.equal('POD_PULL_NOT_FOUND');
    expect(asked).to.equal(0);
  });
});
