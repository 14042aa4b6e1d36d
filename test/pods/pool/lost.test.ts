import { expect } from 'chai';
import { RunnerError } from '../../../src/core/errors.ts';
import { refusal } from './cluster-double.ts';
import { settle } from './fake-clock.ts';
import { Call, calls, container, planOf, PoolHarness, type Replica, runningStatus, statesOf } from './pool-harness.ts';
import { type Handler, ok } from './pod-servers.ts';

describe('a function pod that is lost', () => {
  let harness: PoolHarness;
  let replica: Replica;

  beforeEach(() => {
    harness = new PoolHarness();
    replica = harness.replica();
  });

  afterEach(async () => {
    await harness.close();
  });

  const never: Handler = async () => new Promise(() => undefined);

  const runningOn = (name: string): number => harness.servers.at(harness.address(name)).running.size;

  /** The first pods take calls and never answer; those after answer. */
  function hangs(pods: number): void {
    const seen = new Set<string>();
    harness.servers.handler = async (request, signal) => {
      for (const name of harness.podNames) seen.add(name);
      return seen.size <= pods ? never(request, signal) : ok;
    };
  }

  it('costs its calls one retry on another pod', async () => {
    hangs(1);
    const all = calls(5, replica, planOf());
    await settle();
    const [name = ''] = harness.podNames;
    harness.kill(name, 'Error', 1);
    await harness.clock.advance(500);
    expect(statesOf(all)).to.deep.equal({ answered: 5 });
    expect(harness.podNames).to.have.length(1).and.not.include(name);
    expect(replica.counted.filter((line) => line === 'pod_retries Error')).to.have.length(5);
    expect(harness.servers.open, 'only the new pod is connected').to.equal(1);
  });

  it('costs no retry after OOMKilled', async () => {
    hangs(9);
    const call = new Call(replica, planOf());
    await settle();
    harness.kill(harness.podNames[0] ?? '', 'OOMKilled', 137);
    await harness.clock.advance(500);
    expect(call.state).to.equal('FUNCTION_LIMIT');
    expect(call.error.message).to.include('OOMKilled');
    expect(call.error.details.hint).to.include('memory');
    expect(harness.servers.calls).to.equal(1);
  });

  it('costs no retry after OOMKilled where the kubelet starts the container again', async () => {
    hangs(9);
    const call = new Call(replica, planOf());
    await settle();
    const [name = ''] = harness.podNames;
    const { podIp } = harness.cluster.pod(name).status;
    harness.servers.lose(`${podIp}:9446`);
    harness.clock.at(900, () => {
      harness.servers.serve(`${podIp}:9446`);
    });
    harness.clock.at(1000, () => {
      const last = { terminated: { reason: 'OOMKilled', exitCode: 137 } };
      harness.cluster.setStatus(name, runningStatus(podIp, 1, last));
    });
    await harness.clock.advance(1000);
    expect(call.state).to.equal('FUNCTION_LIMIT');
  });

  it('for the second time ends the call as INTERNAL with the exit reason', async () => {
    hangs(9);
    const call = new Call(replica, planOf());
    await settle();
    harness.kill(harness.podNames[0] ?? '', 'Error', 139);
    await harness.clock.advance(600);
    expect(call.state).to.equal('waiting');
    const second = harness.podNames.find((name) => harness.cluster.pod(name).status.phase === 'Running') ?? '';
    harness.kill(second, 'Error', 139);
    await harness.clock.advance(600);
    expect(call.state).to.equal('POD_LOST');
    expect(call.error.message).to.include('exit code 139').and.include(second);
    expect(harness.servers.calls).to.equal(2);
  });

  it('does not keep the calls that come after it from being answered', async () => {
    hangs(2);
    const poison = new Call(replica, planOf());
    await settle();
    for (let death = 0; death < 2; death += 1) {
      const alive = harness.podNames.find((name) => harness.cluster.pod(name).status.phase === 'Running') ?? '';
      harness.kill(alive, 'Error', 1);
      await harness.clock.advance(600);
    }
    expect(poison.state).to.equal('POD_LOST');
    const next = new Call(replica, planOf());
    await settle();
    expect(next.state).to.equal('answered');
  });

  it('only by its connection is called again at once, and stays', async () => {
    let tries = 0;
    harness.servers.handler = async (request, signal) => {
      tries += 1;
      return tries === 1 ? never(request, signal) : ok;
    };
    const call = new Call(replica, planOf());
    await settle();
    const [name = ''] = harness.podNames;
    harness.servers.lose(harness.address(name), true);
    await settle();
    expect(call.state).to.equal('answered');
    expect(harness.podNames).to.deep.equal([name]);
    expect(harness.servers.open).to.equal(1);
    expect(replica.counted).to.include('pod_retries connection');
  });

  it('is avoided by the retry even when its server answers again', async () => {
    const plan = planOf({ maxPods: 2, maxWaitlist: 1 });
    harness.servers.handler = never;
    calls(3, replica, plan);
    await settle();
    const [lighter = '', other = ''] = harness.podNames.toSorted((one, two) => runningOn(one) - runningOn(two));
    expect([runningOn(lighter), runningOn(other)]).to.deep.equal([1, 2]);
    harness.servers.lose(harness.address(lighter), true);
    await settle();
    expect([runningOn(lighter), runningOn(other)]).to.deep.equal([0, 3]);
  });

  it('leaves its calls to the other pods of the function', async () => {
    const plan = planOf({ maxPods: 2, maxWaitlist: 1 });
    hangs(0);
    harness.servers.handler = never;
    const all = calls(2, replica, plan);
    await settle();
    const [first = ''] = harness.podNames;
    harness.servers.handler = async () => Promise.resolve(ok);
    harness.neverStarts();
    harness.kill(first, 'Error', 1);
    await harness.clock.advance(500);
    expect(statesOf(all)).to.deep.equal({ answered: 1, waiting: 1 });
  });

  it('silently, with a node that left, is replaced', async () => {
    hangs(1);
    const call = new Call(replica, planOf());
    await settle();
    const [name = ''] = harness.podNames;
    harness.servers.lose(harness.address(name));
    await harness.clock.advance(2000);
    expect(call.state, 'nothing tells yet').to.equal('waiting');
    await harness.clock.advance(4000);
    expect(call.state).to.equal('answered');
    expect(harness.podNames).to.have.length(2);
    await harness.clock.advance(40_000);
    expect(harness.podNames).to.have.length(1).and.not.include(name);
  });

  it('by deletion costs its calls a retry', async () => {
    hangs(1);
    const call = new Call(replica, planOf());
    await settle();
    const [name = ''] = harness.podNames;
    const address = harness.address(name);
    harness.cluster.remove(name);
    harness.servers.lose(address);
    await settle();
    expect(call.state).to.equal('answered');
    expect(replica.counted).to.include('pod_retries Deleted');
  });

  it('and then deleted costs its calls a retry as soon as it is gone', async () => {
    hangs(1);
    const call = new Call(replica, planOf());
    await settle();
    const [name = ''] = harness.podNames;
    harness.servers.lose(harness.address(name));
    await harness.clock.advance(400);
    expect(call.state).to.equal('waiting');
    harness.cluster.remove(name);
    await settle();
    expect(call.state).to.equal('answered');
    expect(replica.counted).to.include('pod_retries Deleted');
  });

  it('to its memory limit does not fail the calls that come after it', async () => {
    hangs(1);
    const poison = new Call(replica, planOf());
    await settle();
    const [name = ''] = harness.podNames;
    const { podIp } = harness.cluster.pod(name).status;
    harness.servers.lose(`${podIp}:9446`);
    await settle();
    const next = new Call(replica, planOf());
    await settle();
    const last = { terminated: { reason: 'OOMKilled', exitCode: 137 } };
    const waiting = container({ waiting: { reason: 'CrashLoopBackOff' } }, 1, last);
    harness.cluster.setStatus(name, { phase: 'Running', podIP: podIp, containerStatuses: [waiting] });
    await settle();
    expect([poison.state, next.state]).to.deep.equal(['FUNCTION_LIMIT', 'answered']);
  });

  it('silently is replaced though its mark cannot be written', async () => {
    hangs(1);
    const call = new Call(replica, planOf());
    await settle();
    harness.cluster.refuse = (action) =>
      action === 'patch pods' ? refusal(403, 'Forbidden', 'cannot patch') : undefined;
    harness.servers.lose(harness.address(harness.podNames[0] ?? ''));
    await harness.clock.advance(7000);
    expect(call.state).to.equal('answered');
  });

  it('while it starts, is replaced for those who wait', async () => {
    harness.neverStarts();
    const call = new Call(replica, planOf());
    await settle();
    harness.startsAfter(0);
    harness.cluster.remove(harness.podNames[0] ?? '');
    await settle();
    expect(call.state).to.equal('answered');
  });

  it('again and again while it starts, fails the call', async () => {
    harness.cluster.created = (name) => {
      harness.clock.at(10, () => {
        harness.cluster.remove(name);
      });
    };
    const call = new Call(replica, planOf());
    await harness.clock.advance(1000);
    expect(call.state).to.equal('POD_START');
    expect(harness.cluster.count('create')).to.be.lessThan(6);
  });

  it("is not retried past the caller's deadline", async () => {
    hangs(9);
    const call = new Call(replica, planOf());
    await settle();
    harness.neverStarts();
    harness.kill(harness.podNames[0] ?? '', 'Error', 1);
    await harness.clock.advance(1000);
    call.cancel(new RunnerError('DEADLINE', 'the call took longer than 2 s'));
    await settle();
    expect(call.state).to.equal('DEADLINE');
    expect(harness.servers.calls).to.equal(1);
  });

  it("does not hide the function's own failures: they are no loss", async () => {
    harness.servers.handler = async () => Promise.reject(new RunnerError('FUNCTION_TIMEOUT', 'too slow'));
    const call = new Call(replica, planOf());
    await settle();
    expect(call.state).to.equal('FUNCTION_TIMEOUT');
    expect(harness.servers.calls).to.equal(1);
  });
});
