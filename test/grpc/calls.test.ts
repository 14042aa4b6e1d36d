import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import type { EvaluateRequest } from '../../src/evaluate/evaluator.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { startService, type TestService } from '../support/service.ts';
import { functionDouble, untilAborted } from './function-double.ts';

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a call that ends early', () => {
  const started: EvaluateRequest[] = [];
  let service: TestService;

  beforeEach(async () => {
    started.length = 0;
    const double = functionDouble(async (request) => {
      started.push(request);
      if (request.image === 'quick') return {};
      return untilAborted(request.signal);
    });
    service = await startService({
      flags: ['--max-concurrent-evaluations=2'],
      overrides: { firstEvaluators: [double] },
    });
  });

  afterEach(async () => service.stop());

  const untilStarted = async (count: number): Promise<void> => {
    while (started.length < count) await pause();
  };

  it('aborts its work with CANCELLED when the caller goes away', async () => {
    const caller = new AbortController();
    const failure = grpcFailureOf(service.evaluate('slow', 'kind: ResourceList', { signal: caller.signal }));
    await untilStarted(1);
    const [request] = started;
    const aborted = new Promise((resolve) => request?.signal.addEventListener('abort', resolve));
    caller.abort();
    await aborted;
    expect(await failure).to.include({ status: 'CANCELLED' });
    expect(request?.signal.reason).to.be.instanceOf(RunnerError).with.property('code', 'CANCELLED');
  });

  it("aborts its work with DEADLINE when the caller's deadline passes", async () => {
    const failure = await grpcFailureOf(service.porchEvaluate('slow', 'kind: ResourceList', { deadlineMs: 100 }));
    const [request] = started;
    expect(failure).to.include({ status: 'DEADLINE_EXCEEDED' });
    if (request?.signal.aborted === false) {
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
    }
    expect(request?.signal.reason).to.be.instanceOf(RunnerError).with.property('code', 'DEADLINE');
  });

  it('is refused with RESOURCE_EXHAUSTED over the limit of calls in flight, and a slot is free again after', async () => {
    const callers = [new AbortController(), new AbortController()];
    const slow = callers.map(async ({ signal }) =>
      grpcFailureOf(service.evaluate('slow', 'kind: ResourceList', { signal })),
    );
    await untilStarted(2);
    const refused = await grpcFailureOf(service.evaluate('quick', 'kind: ResourceList'));
    expect(refused).to.include({ status: 'RESOURCE_EXHAUSTED', reason: 'OVERLOADED', retryDelaySeconds: 1 });
    for (const caller of callers) caller.abort();
    await Promise.all(slow);
    while (!service.logLines.some((line) => line.includes('the caller has gone away'))) await pause();
    expect(await service.evaluate('quick', 'kind: ResourceList')).to.include({ exitCode: 0 });
  });

  it('is told of in one line at level 3, with request id, method, image and time', async () => {
    await Promise.all([service.evaluate('quick', 'x'), service.evaluate('quick', 'x')]);
    const lines = service.logLines.filter((line) => line.includes('call answered'));
    const ids = lines.map((line) => /"requestId":"([\da-f-]{36})"/.exec(line)?.[1]);
    expect(new Set(ids).size).to.equal(2);
    expect(ids).not.to.include(undefined);
    expect(JSON.parse(lines[0] ?? '')).to.deep.include({
      level: 'debug',
      method: '/functionrunner.v1.FunctionRunner/Evaluate',
      image: 'quick',
      runtime: 'executable',
      exitCode: 0,
    });
    expect(JSON.parse(lines[0] ?? ''))
      .to.have.property('ms')
      .that.is.a('number');
  });

  it('is counted with its status in rpc_server_duration', async () => {
    await service.evaluate('quick', 'kind: ResourceList');
    await grpcFailureOf(service.porchEvaluate('slow', 'kind: ResourceList', { deadlineMs: 20 }));
    const metrics = await service.metrics();
    const count = (method: string, code: number): RegExp =>
      new RegExp(
        `rpc_server_duration_milliseconds_count\\{.*rpc_method="${method}",rpc_grpc_status_code="${String(code)}"\\} 1\n`,
      );
    expect(metrics).to.match(count('Evaluate', 0));
    expect(metrics).to.match(/rpc_method="EvaluateFunction",rpc_grpc_status_code="(1|4)"/);
  });
});
