import { expect } from 'chai';
import { RunnerClient } from '../../src/rpc/client.ts';
import { type Executables, writeExecutables } from '../support/executables.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { startService, type TestService } from '../support/service.ts';

const mebibyte = 1024 * 1024;
const limit = 6 * mebibyte;

/** Shell functions: what they print to stderr and stdout, and their exit code. */
const scripts: Readonly<Record<string, string>> = {
  'loud-failure': `cat >/dev/null; head -c ${String(10 * mebibyte)} /dev/zero | tr '\\0' e >&2; ${resourceList(limit)}; exit 1`,
  'loud-success': `cat >/dev/null; head -c ${String(10 * mebibyte)} /dev/zero | tr '\\0' e >&2; ${resourceList(5 * mebibyte)}`,
  'large-success': resourceList(limit),
  'just-fits': resourceList(limit - 100),
  slow: `sleep 1; ${resourceList(100)}`,
};

/** Commands that print a ResourceList of so many bytes. */
function resourceList(bytes: number): string {
  const head = 'apiVersion: config.kubernetes.io/v1\\nkind: ResourceList\\nitems: []\\n# ';
  const filler = bytes - head.replaceAll('\\n', '\n').length;
  return `printf '${head}'; head -c ${String(filler)} /dev/zero | tr '\\0' o`;
}

describe('large messages', function () {
  this.timeout(30_000);
  let executables: Executables;
  let service: TestService;
  let client: RunnerClient;

  before(async () => {
    executables = await writeExecutables(scripts);
    service = await startService({ flags: executables.flags });
    client = new RunnerClient(service.address);
  });

  after(async () => {
    client.close();
    await service.stop();
    await executables.remove();
  });

  const request = (name: string): { image: string; resourceList: Buffer } => ({
    image: executables.image(name),
    resourceList: Buffer.from('kind: ResourceList\n'),
  });

  it('leave a neighbouring call on the same connection alive: 10 MB of stderr, 6 MiB of output', async () => {
    const neighbour = client.evaluateFunction(request('slow'));
    const failures = await Promise.all([
      grpcFailureOf(client.evaluateFunction(request('loud-failure'))),
      grpcFailureOf(client.evaluateFunction(request('large-success'))),
      client.evaluate(request('loud-failure')),
      client.evaluateFunction(request('loud-success')),
    ]);
    expect(failures[0]).to.include({ status: 'INTERNAL', reason: 'FUNCTION_FAILED' });
    expect((await neighbour).resourceList.length).to.equal(100);
  });

  it('cut the stderr in an error and say its size', async () => {
    const failure = await grpcFailureOf(client.evaluateFunction(request('loud-failure')));
    expect(failure.message).to.match(/and stderr: e+….*10485760 bytes.*…e+$/);
  });

  it('cut the log of a success so that it fits beside the output', async () => {
    const { resourceList: output, log } = await client.evaluateFunction(request('loud-success'));
    expect(output.length).to.equal(5 * mebibyte);
    expect(output.length + log.length).to.be.within(5 * mebibyte + 1000, limit);
    expect(log.toString()).to.match(/10485760 bytes/);
  });

  it('pass when the output just fits', async () => {
    expect((await client.evaluateFunction(request('just-fits'))).resourceList.length).to.equal(limit - 100);
  });

  it('are a clear error when the output alone is too much', async () => {
    const failure = await grpcFailureOf(client.evaluateFunction(request('large-success')));
    expect(failure).to.include({ status: 'RESOURCE_EXHAUSTED', reason: 'FUNCTION_LIMIT' });
    expect(failure.message).to.include('6291456 bytes');
    expect(failure.hint).to.include('--max-request-body-size');
  });

  it('keep results, exit code and stderr of a failed function whose output does not fit', async () => {
    const answer = await client.evaluate(request('loud-failure'));
    expect(answer).to.include({ exitCode: 1, outputBytes: limit, stderrBytes: 10 * mebibyte });
    expect(answer.output.length).to.equal(0);
    expect(answer.stderr.length).to.be.above(1000);
  });

  it('are counted by runtime and outcome', async () => {
    const metrics = await service.metrics();
    expect(metrics).to.match(/function_runner_evaluations_total\{runtime="executable",outcome="failed"\} [1-9]/);
    expect(metrics).to.match(/function_runner_evaluations_total\{runtime="executable",outcome="ok"\} [1-9]/);
  });

  it('are refused at the door when the request is over the limit', async () => {
    const tooLarge = { ...request('slow'), resourceList: Buffer.alloc(limit + 1, 'x') };
    const failure = await grpcFailureOf(client.evaluateFunction(tooLarge));
    expect(failure.status).to.equal('RESOURCE_EXHAUSTED');
  });
});
