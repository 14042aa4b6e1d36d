import { expect } from 'chai';
import { RunnerError } from '../../../src/core/errors.ts';
import { Call, planOf, PoolHarness } from './pool-harness.ts';

describe('what function pods need in the cluster', () => {
  let harness: PoolHarness;
  let prepared: number;
  let failure: RunnerError | undefined;

  const plan = planOf({
    prepare: async () => {
      prepared += 1;
      if (failure !== undefined) throw failure;
      return Promise.resolve();
    },
  });

  beforeEach(() => {
    [harness, prepared, failure] = [new PoolHarness(), 0, undefined];
  });

  afterEach(async () => {
    await harness.close();
  });

  it('is seen to before a pod is created, and not for pods that serve', async () => {
    const replica = harness.replica();
    await new Call(replica, plan).settled;
    failure = new RunnerError('PULL_SECRET', 'not ours');
    const warm = new Call(replica, plan);
    await warm.settled;
    expect(warm.state).to.equal('answered');
    expect(prepared).to.equal(1);
  });

  it('fails the calls for a new pod with its own reason, and creates none', async () => {
    failure = new RunnerError('PULL_SECRET', 'not ours');
    const call = new Call(harness.replica(), plan);
    await call.settled;
    expect(call.error).to.equal(failure);
    expect(harness.podNames).to.deep.equal([]);
  });
});
