import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import { RunnerClient } from '../../src/rpc/client.ts';
import { functionRunner } from '../support/command-line.ts';
import { type Executables, writeExecutables } from '../support/executables.ts';
import { type ServingProcess, startServing } from './serving.ts';

describe('serve', function () {
  this.timeout(30_000);
  let executables: Executables;
  let service: ServingProcess | undefined;

  before(async () => {
    executables = await writeExecutables({ slow: 'sleep 1; cat' });
  });

  afterEach(async () => {
    if (service !== undefined) await service.stop('SIGKILL');
    service = undefined;
  });

  after(async () => executables.remove());

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`answers what it has accepted when ${signal} comes, and ends with 0`, async () => {
      service = await startServing(['--drain-delay=100ms', ...executables.flags]);
      const client = new RunnerClient(service.address);
      const call = client.evaluateFunction({
        image: executables.image('slow'),
        resourceList: Buffer.from('kind: ResourceList\n'),
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
      process.kill(service.pid, signal);
      expect((await call).resourceList.toString()).to.equal('kind: ResourceList\n');
      client.close();
      expect(await service.exited).to.equal(0);
    });
  }

  it('loses no call of callers without retry that leave when health says NOT_SERVING', async () => {
    service = await startServing(['--drain-delay=1500ms']);
    const client = new RunnerClient(service.address);
    const failures: string[] = [];
    let calls = 0;
    const call = async (): Promise<void> => {
      while ((await client.checkHealth()) === 'SERVING') {
        calls += 1;
        await client.resolveImage({ image: ':bad' }).catch((error: unknown) => failures.push(String(error)));
      }
    };
    const callers = Array.from({ length: 10 }, async () => call());
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(service.pid, 'SIGTERM');
    await Promise.all(callers);
    client.close();
    expect(await service.exited).to.equal(0);
    expect(calls).to.be.above(10);
    expect(failures.filter((failure) => !failure.includes('image reference'))).to.deep.equal([]);
  });

  it('stops waiting at the second signal', async () => {
    service = await startServing(['--drain-delay=1h']);
    process.kill(service.pid, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.kill(service.pid, 'SIGTERM');
    expect(await service.exited).to.equal(0);
  });

  it('writes nothing but JSON lines with a level, a time and a message', async () => {
    service = await startServing(['--log-level=5', '--drain-delay=0s']);
    process.kill(service.pid, 'SIGTERM');
    await service.exited;
    const messages = service.stderrLines.map((line): unknown => JSON.parse(line));
    for (const message of messages) expect(message).to.include.keys('level', 'time', 'msg');
    expect(messages.at(-1)).to.include({ level: 'info', msg: 'stopped' });
  });

  it('is found healthy by the health command, with --addr and --address, and not once it is gone', async () => {
    service = await startServing(['--drain-delay=0s']);
    const healthy = await functionRunner(['health', `-addr=${service.address}`]);
    expect(healthy).to.include({ exitCode: 0, stdout: 'status: SERVING\n' });
    const byOtherName = await functionRunner(['health', '--address', service.address]);
    expect(byOtherName).to.include({ exitCode: 0, stdout: 'status: SERVING\n' });
    process.kill(service.pid, 'SIGTERM');
    await service.exited;
    const gone = await functionRunner(['health', '-addr', service.address, '-connect-timeout', '500ms']);
    expect(gone).to.include({ exitCode: 1, stdout: '' });
    expect(gone.stderr).to.include('UNAVAILABLE');
  });

  it('serves metrics and health over HTTP where OTEL_EXPORTER_PROMETHEUS_HOST says', async () => {
    service = await startServing(['--drain-delay=0s'], { OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1' });
    const get = async (path: string): Promise<Response> => fetch(`http://${service?.metricsAddress ?? ''}${path}`);
    expect(await (await get('/metrics')).text()).to.include('# TYPE rpc_server_duration_milliseconds histogram');
    expect((await get('/healthz')).status).to.equal(200);
    expect((await get('/other')).status).to.equal(404);
  });

  it('serves no metrics with OTEL_METRICS_EXPORTER=none', async () => {
    service = await startServing([], { OTEL_METRICS_EXPORTER: 'none' });
    expect(service.metricsAddress).to.equal('');
  });

  it('warns in one line of the flags given for a pod runtime, and of no other', async () => {
    service = await startServing(['--pod-ttl=30m', '--warm-up-pod-cache=false', '--port=0']);
    const warnings = service.stderrLines.filter((line) => line.includes('"warn"'));
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.include(': --pod-ttl, --warm-up-pod-cache"');
  });

  it('ends with 1, names flag and address, and writes only JSON lines when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const { exitCode, stderr } = await functionRunner([`--port=${port}`, '--bind-address=127.0.0.1'], {
      env: { OTEL_METRICS_EXPORTER: 'none' },
    });
    other.close();
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(/"level":"error".*cannot listen on 127\.0\.0\.1.*--port.*"msg":"cannot start"/);
    expect(stderr)
      .to.include(`--port=${port}): another program has port ${port}`)
      .and.include('a free port with --port');
    const lines = stderr.trim().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line)))
      .to.be.an('array')
      .with.length.above(1);
  });

  it('ends with 1 and names the credentials file that cannot be used', async () => {
    const flags = ['--port=0', '--enable-private-registries', '--registry-auth-secret-path=/'];
    const { exitCode, stderr } = await functionRunner(flags, { env: { OTEL_METRICS_EXPORTER: 'none' } });
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(/"level":"error".*"file":"\/".*"msg":"cannot start"/);
  });

  it('[C16] serves without its credentials file, with one warning that names it', async () => {
    service = await startServing(['--enable-private-registries', '--registry-auth-secret-path=/no/such/file']);
    const warnings = service.stderrLines.filter((line) => line.includes('"warn"'));
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.include('no credentials file').and.to.include('/no/such/file');
  });
});
