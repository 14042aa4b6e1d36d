import { expect } from 'chai';
import { RunnerClient } from '../../src/rpc/client.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { startService } from '../support/service.ts';
import { functionDouble, untilAborted } from './function-double.ts';

const resourceList = Buffer.from('kind: ResourceList\n');

const quick = functionDouble(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return {};
});

/** Sends call after call on one channel without any retry until told to stop, as porch-server does. */
class Caller {
  sent = 0;
  readonly failures: string[] = [];
  readonly #client: RunnerClient;
  #going = true;

  constructor(address: string) {
    this.#client = new RunnerClient(address);
  }

  async run(): Promise<void> {
    while (this.#going) {
      this.sent += 1;
      await this.#client.evaluateFunction({ image: 'quick', resourceList }).catch((error: unknown) => {
        this.failures.push(String(error));
      });
    }
    this.#client.close();
  }

  stop(): void {
    this.#going = false;
  }
}

describe('stopping', function () {
  this.timeout(20_000);

  it('loses no call of callers that go away during the drain delay, as endpoints do when NOT_SERVING is seen', async () => {
    const service = await startService({ flags: ['--drain-delay=1s'], overrides: { firstEvaluators: [quick] } });
    const callers = Array.from({ length: 20 }, () => new Caller(service.address));
    const running = callers.map(async (caller) => caller.run());
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stopped = service.app.stop();
    setTimeout(() => {
      for (const caller of callers) caller.stop();
    }, 700);
    await Promise.all([stopped, ...running]);
    expect(callers.flatMap((caller) => caller.failures)).to.deep.equal([]);
    expect(callers.reduce((sum, caller) => sum + caller.sent, 0)).to.be.above(50);
  });

  it('loses no call of callers that know nothing of health, when there is another replica', async () => {
    const flags = ['--drain-delay=100ms'];
    const [first, second] = await Promise.all([
      startService({ flags, overrides: { firstEvaluators: [quick] } }),
      startService({ overrides: { firstEvaluators: [quick] } }),
    ]);
    const callers = Array.from({ length: 50 }, () => new Caller(`ipv4:${first.address},${second.address}`));
    const running = callers.map(async (caller) => caller.run());
    await new Promise((resolve) => setTimeout(resolve, 300));
    await first.stop();
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const caller of callers) caller.stop();
    await Promise.all(running);
    const metrics = await second.metrics();
    await second.stop();
    expect(callers.flatMap((caller) => caller.failures)).to.deep.equal([]);
    expect(metrics).to.include('rpc_method="EvaluateFunction",rpc_grpc_status_code="0"');
  });

  it('finishes the calls that it has accepted after the connection is told to go away', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const slow = functionDouble(async () => {
      await release;
      return {};
    });
    const service = await startService({ overrides: { firstEvaluators: [slow] } });
    const call = service.porchEvaluate('slow', resourceList);
    await new Promise((done) => setTimeout(done, 50));
    const stopped = service.app.stop();
    setTimeout(resolve, 300);
    expect((await call).resourceList).to.deep.equal(resourceList);
    await stopped;
  });

  it('cuts off what is still running after the evaluation timeout, with UNAVAILABLE', async () => {
    const endless = functionDouble(async ({ signal }) => untilAborted(signal));
    const service = await startService({
      flags: ['--evaluation-timeout=200ms'],
      overrides: { firstEvaluators: [endless] },
    });
    const failure = grpcFailureOf(service.porchEvaluate('endless', resourceList));
    await new Promise((done) => setTimeout(done, 50));
    await service.app.stop();
    expect(await failure).to.include({ status: 'UNAVAILABLE', reason: 'SHUTTING_DOWN' });
  });

  it('skips its waiting when hurried', async () => {
    const endless = functionDouble(async ({ signal }) => untilAborted(signal));
    const service = await startService({ flags: ['--drain-delay=1h'], overrides: { firstEvaluators: [endless] } });
    const failure = grpcFailureOf(service.porchEvaluate('endless', resourceList));
    await new Promise((done) => setTimeout(done, 50));
    await service.app.stop(AbortSignal.timeout(100));
    expect(await failure).to.include({ status: 'UNAVAILABLE' });
  });

  it('refuses new connections once it is done', async () => {
    const service = await startService();
    await service.stop();
    const client = new RunnerClient(service.address);
    expect(await grpcFailureOf(client.checkHealth('', { deadlineMs: 2000 }))).to.include({ status: 'UNAVAILABLE' });
    client.close();
  });
});

describe('a connection that has reached its age', function () {
  this.timeout(20_000);

  it('is replaced without a lost call', async () => {
    const service = await startService({ overrides: { firstEvaluators: [quick], maxConnectionAgeMs: 100 } });
    const callers = Array.from({ length: 10 }, () => new Caller(service.address));
    const running = callers.map(async (caller) => caller.run());
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (const caller of callers) caller.stop();
    await Promise.all(running);
    await service.stop();
    expect(callers.flatMap((caller) => caller.failures)).to.deep.equal([]);
  });
});
