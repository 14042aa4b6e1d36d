import { expect } from 'chai';
import { counterTable } from '../../src/core/counters.ts';
import { RunnerError } from '../../src/core/errors.ts';
import { metricsAddress } from '../../src/observe/metrics-address.ts';
import { startMetricsServer } from '../../src/observe/metrics-server.ts';
import { Metrics } from '../../src/observe/metrics.ts';

describe('metrics', () => {
  it('count a decision under its name and labels', async () => {
    const metrics = new Metrics();
    metrics.add('trust_steps', { step: 'mounted-ca', outcome: 'ok' });
    metrics.add('trust_steps', { step: 'mounted-ca', outcome: 'ok' }, 2);
    metrics.add('credential_fallbacks', {});
    const text = await metrics.text();
    expect(text).to.include('function_runner_trust_steps_total{step="mounted-ca",outcome="ok"} 3\n');
    expect(text).to.include('function_runner_credential_fallbacks_total 1\n');
  });

  for (const name of Object.keys(counterTable)) {
    it(`have the counter ${name} with a help text from the start`, async () => {
      expect(await new Metrics().text()).to.match(
        new RegExp(`# HELP function_runner_${name}_total \\S.*\\n# TYPE .* counter`),
      );
    });
  }

  it('have the duration of RPCs as OpenTelemetry names it', async () => {
    const metrics = new Metrics();
    metrics.observeRpc({
      service: 'evaluator.FunctionEvaluator',
      method: 'EvaluateFunction',
      statusCode: 13,
      durationMs: 60,
    });
    const labels =
      'rpc_system="grpc",rpc_service="evaluator.FunctionEvaluator",rpc_method="EvaluateFunction",rpc_grpc_status_code="13"';
    const text = await metrics.text();
    expect(text).to.include(`rpc_server_duration_milliseconds_count{${labels}} 1\n`);
    expect(text).to.include(`rpc_server_duration_milliseconds_bucket{le="50",${labels}} 0\n`);
    expect(text).to.include(`rpc_server_duration_milliseconds_bucket{le="75",${labels}} 1\n`);
  });

  it('have what prom-client knows of the process', async () => {
    expect(await new Metrics().text())
      .to.include('process_resident_memory_bytes')
      .and.include('nodejs_eventloop_lag');
  });
});

const addresses: readonly {
  readonly what: string;
  readonly env: Record<string, string>;
  readonly address: object | undefined;
}[] = [
  { what: 'port 9464 where the service listens, by default', env: {}, address: { host: '::', port: 9464 } },
  { what: "Porch's setting", env: { OTEL_METRICS_EXPORTER: 'prometheus' }, address: { host: '::', port: 9464 } },
  {
    what: 'host and port of the environment',
    env: { OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0', OTEL_EXPORTER_PROMETHEUS_PORT: '9000' },
    address: { host: '0.0.0.0', port: 9000 },
  },
  {
    what: 'the defaults for empty variables',
    env: { OTEL_EXPORTER_PROMETHEUS_HOST: '', OTEL_EXPORTER_PROMETHEUS_PORT: '' },
    address: { host: '::', port: 9464 },
  },
  { what: 'nowhere with exporter none', env: { OTEL_METRICS_EXPORTER: 'none' }, address: undefined },
];

describe('the address of /metrics', () => {
  for (const { what, env, address } of addresses) {
    it(`is ${what}`, () => {
      expect(metricsAddress(env, '::')).to.deep.equal(address);
    });
  }

  for (const port of ['x', '-1', '65536', '1.5', '0x10']) {
    it(`is refused with port ${port}`, () => {
      expect(() => metricsAddress({ OTEL_EXPORTER_PROMETHEUS_PORT: port }, '::')).to.throw(RunnerError, port);
    });
  }

  it('may be taken already, which is an error that says what to set', async () => {
    const options = { host: '127.0.0.1', metrics: new Metrics(), isServing: () => true };
    const first = await startMetricsServer({ ...options, port: 0 });
    const port = Number(first.address.split(':')[1]);
    const second: unknown = await startMetricsServer({ ...options, port }).catch((error: unknown) => error);
    await first.stop();
    expect(second).to.be.instanceOf(RunnerError).with.property('code', 'CFG_OPTION');
    expect(second).to.have.nested.property('details.hint').that.includes('OTEL_EXPORTER_PROMETHEUS_PORT');
  });
});

describe('/healthz', () => {
  for (const [isServing, status] of [
    [true, 200],
    [false, 503],
  ] as const) {
    it(`is ${String(status)} while the service is ${isServing ? '' : 'not '}serving`, async () => {
      const server = await startMetricsServer({
        host: '127.0.0.1',
        port: 0,
        metrics: new Metrics(),
        isServing: () => isServing,
      });
      const response = await fetch(`http://${server.address}/healthz?verbose`);
      await server.stop();
      expect(response.status).to.equal(status);
    });
  }
});
