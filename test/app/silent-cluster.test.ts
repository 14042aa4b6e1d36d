import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { createApp } from '../../src/app.ts';
import { parseServiceFlags } from '../../src/config/options.ts';
import { startDaemon } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpServer, type TcpServer } from '../support/tcp-server.ts';

describe('a service whose API server takes connections and says nothing', () => {
  const environment = { OTEL_METRICS_EXPORTER: 'none', WRAPPER_SERVER_IMAGE: 'registry.test/wrapper:v1' };
  let folder = '';
  let silent: TcpServer;
  let flags: readonly string[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'silent-cluster-'));
  });

  beforeEach(async () => {
    silent = await startTcpServer(() => undefined);
    const kubeconfig = join(folder, 'config');
    const context = { name: 'c', context: { cluster: 'c', user: 'u' } };
    await writeFile(
      kubeconfig,
      JSON.stringify({
        'current-context': 'c',
        clusters: [{ name: 'c', cluster: { server: `http://${silent.authority}` } }],
        users: [{ name: 'u', user: { token: 'x' } }],
        contexts: [context],
      }),
    );
    flags = [`--kubeconfig=${kubeconfig}`, '--port=0', '--bind-address=127.0.0.1', '--drain-delay=0s'];
  });

  afterEach(async () => silent.stop());

  after(async () => rm(folder, { recursive: true }));

  const asked = async (): Promise<void> => eventually('the API server is asked', 10_000, () => silent.connections > 0);

  it('gives up its start when it is stopped', async () => {
    const app = createApp(parseServiceFlags([...flags]).options, { environment });
    const start = app.start().then(
      () => 'started',
      (error: unknown) => String(error),
    );
    await asked();
    await app.stop();
    expect(await start).to.include('has stopped');
  });

  it('ends with 0 when SIGTERM comes while it starts', async () => {
    const daemon = startDaemon(process.execPath, [resolve('src/main.ts'), ...flags], { env: environment });
    await asked();
    expect(await daemon.stop()).to.equal(0);
    expect(daemon.stderrLines.filter((line) => line.includes('"error"'))).to.deep.equal([]);
  });
});
