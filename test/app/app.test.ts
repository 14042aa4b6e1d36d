import { expect } from 'chai';
import { createApp } from '../../src/app.ts';
import { bindHost } from '../../src/bind-host.ts';
import { parseServiceFlags } from '../../src/config/options.ts';
import { RunnerError } from '../../src/core/errors.ts';
import { chooseRuntime } from '../../src/runtime.ts';
import { RunnerClient } from '../../src/rpc/client.ts';
import { functionDouble } from '../grpc/function-double.ts';
import { freePort } from '../support/free-port.ts';

const cluster = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };

const choices = [
  { runtime: 'auto', kubeconfig: '', environment: {}, chosen: 'local' },
  { runtime: 'auto', kubeconfig: '', environment: cluster, chosen: 'pod' },
  { runtime: 'auto', kubeconfig: '/k', environment: {}, chosen: 'pod' },
  { runtime: 'auto', kubeconfig: '', environment: { KUBECONFIG: '/k' }, chosen: 'local' },
  { runtime: 'pod', kubeconfig: '', environment: {}, chosen: 'pod' },
  { runtime: 'local', kubeconfig: '/k', environment: cluster, chosen: 'local' },
] as const;

describe('the runtime', () => {
  for (const { runtime, kubeconfig, environment, chosen } of choices) {
    it(`is ${chosen} for --runtime=${runtime} --kubeconfig=${kubeconfig} ${JSON.stringify(environment)}`, () => {
      expect(chooseRuntime({ runtime, kubeconfig }, environment)).to.equal(chosen);
    });
  }
});

const loopback4 = { address: '127.0.0.1', netmask: '', family: 'IPv4', mac: '', internal: true, cidr: null } as const;
const loopback6 = { ...loopback4, address: '::1', family: 'IPv6', scopeid: 0 } as const;

describe('the address to listen on', () => {
  it(':: stays where there is IPv6', () => {
    expect(bindHost('::', { lo: [loopback4, loopback6] })).to.equal('::');
  });

  it(':: becomes every IPv4 address where there is none', () => {
    expect(bindHost('::', { lo: [loopback4] })).to.equal('0.0.0.0');
  });

  it('is otherwise what was given', () => {
    expect(bindHost('::1', { lo: [loopback4] })).to.equal('::1');
  });
});

describe('the service', () => {
  const flags = ['--bind-address=127.0.0.1', '--drain-delay=0s', '--runtime=local'];
  const environment = { OTEL_METRICS_EXPORTER: 'none' };

  it('leaves its port free again when it cannot start', async () => {
    const port = `--port=${String(await freePort())}`;
    const broken = ['--enable-private-registries', '--registry-auth-secret-path=/'];
    const failing = createApp(parseServiceFlags([...flags, port, ...broken]).options, { environment });
    const error: unknown = await failing.start().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RunnerError);
    const working = createApp(parseServiceFlags([...flags, port]).options, { environment });
    await working.start();
    await working.stop();
  });

  it('stops once, however often it is told to', async () => {
    const app = createApp(parseServiceFlags([...flags, '--port=0']).options, { environment });
    await app.start();
    await Promise.all([app.stop(), app.stop()]);
    await app.stop();
  });

  it('listens on every address by default', async () => {
    const double = functionDouble(async () => Promise.resolve({}));
    const app = createApp(parseServiceFlags(['--port=0', '--drain-delay=0s']).options, {
      environment,
      firstEvaluators: [double],
    });
    await app.start();
    const client = new RunnerClient(`127.0.0.1:${app.address.split(':').at(-1) ?? ''}`);
    expect(await client.checkHealth()).to.equal('SERVING');
    client.close();
    await app.stop();
  });
});
