import { expect } from 'chai';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RunnerClient } from '../../src/rpc/client.ts';
import { freePort } from '../support/free-port.ts';
import { runProgram } from '../support/program.ts';
import { waitUntil } from '../local/wait-until.ts';
import { requires } from '../support/requires.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { type Built, build, buildTimeoutMs } from './go-build.ts';
import { type InPodServer, startInPodServer } from './in-pod-server.ts';

const request = { image: 'example.com/fn:v1', resourceList: Buffer.from('kind: ResourceList\n') };
const tools = '/wrapper-server-tools';
/** Memory of calls is given back half a second after the last of them. */
const idleMs = 800;

describe('the in-pod server in an image with nothing in it', function () {
  requires('go', 'bubblewrap', 'user-namespaces');
  this.timeout(20_000);
  let built: Built;
  let folder: TempFolder;
  let server: InPodServer | undefined;

  before(async function () {
    this.timeout(buildTimeoutMs);
    built = await build();
  });

  beforeEach(async () => {
    folder = await tempFolder('scratch');
    await mkdir(join(folder.path, 'tools'));
  });

  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await folder.remove();
  });

  /** An empty root with the volume of the tools, and what else is bound. */
  function emptyRoot(...bound: readonly string[]): readonly string[] {
    const isolation = ['--unshare-all', '--share-net', '--as-pid-1', '--die-with-parent', '--clearenv'];
    return ['bwrap', ...isolation, '--proc', '/proc', '--bind', join(folder.path, 'tools'), tools, ...bound];
  }

  async function install(): Promise<void> {
    const [command = '', ...args] = emptyRoot('--ro-bind', built.server, '/wrapper-server');
    const run = await runProgram(command, [...args, '/wrapper-server', 'copy', tools]);
    expect(run).to.deep.include({ exitCode: 0, stderr: '' });
  }

  async function start(program: string): Promise<InPodServer> {
    await install();
    const prefix = emptyRoot('--ro-bind', built.echo, '/usr/bin/echo-function');
    server = await startInPodServer({ prefix, path: `${tools}/wrapper-server`, entrypoint: [program] });
    return server;
  }

  it('is copied into a volume by itself, under both names', async () => {
    await install();
    await install();
    expect((await readdir(join(folder.path, 'tools'))).toSorted()).to.deep.equal([
      'grpc-health-probe',
      'wrapper-server',
    ]);
  });

  it('answers the cp of existing templates', async () => {
    const source = join(folder.path, 'source');
    await mkdir(source);
    expect(await runProgram(built.server, ['copy', source])).to.include({ exitCode: 0 });
    const bound = ['--ro-bind', source, '/home/nonroot/wrapper-server', '--ro-bind', built.server, '/bin/cp'];
    const [command = '', ...args] = emptyRoot(...bound);
    const run = await runProgram(command, [...args, 'cp', '-a', '/home/nonroot/wrapper-server/.', tools], {
      env: { PATH: '/bin:/usr/bin' },
    });
    expect(run).to.deep.include({ exitCode: 0, stderr: '' });
    const copied = await readFile(join(folder.path, 'tools', 'wrapper-server'));
    expect(copied.equals(await readFile(built.server))).to.equal(true);
  });

  for (const program of ['/usr/bin/echo-function', 'echo-function']) {
    it(`runs ${program}, where even PATH is not set`, async () => {
      const running = await start(program);
      const answer = await running.client.evaluateFunction(request);
      expect(Buffer.from(answer.resourceList).toString()).to.equal('kind: ResourceList\n');
      expect(await runProgram(join(folder.path, 'tools', 'grpc-health-probe'), ['-addr', running.address])).to.include({
        exitCode: 0,
      });
    });
  }

  it('gives the memory of large calls back', async () => {
    const running = await startInPodServer({ entrypoint: [built.echo] });
    server = running;
    const resourceList = Buffer.from(`kind: ResourceList\nitems:\n${'- a: b\n'.repeat(800_000)}`);
    await Promise.all(
      Array.from({ length: 4 }, async () => running.client.evaluateFunction({ ...request, resourceList })),
    );
    const busyMb = await residentMb(running.child.pid);
    await waitUntil(async () => (await residentMb(running.child.pid)) < busyMb / 2);
  });

  it('is SERVING within 50 ms and takes less than 12 MB of memory', async () => {
    const port = await freePort();
    const address = `127.0.0.1:${String(port)}`;
    const figures: { readonly servingMs: number; readonly residentMb: number }[] = [];
    for (let round = 0; round < 5; round += 1) {
      const startedMs = performance.now();
      const starting = startInPodServer({ flags: [`--port=${String(port)}`], entrypoint: [built.echo] });
      const servingMs = await servingAfter(address, startedMs);
      const running = await starting;
      for (let call = 0; call < 3; call += 1) await running.client.evaluateFunction(request);
      await delay(idleMs);
      figures.push({ servingMs, residentMb: await residentMb(running.child.pid) });
      await running.stop();
    }
    const servingMs = Math.min(...figures.map((each) => each.servingMs));
    const mb = Math.min(...figures.map((each) => each.residentMb));
    const size = (await readFile(built.server)).length / 1e6;
    const shown = `${size.toFixed(1)} MB, ${mb.toFixed(1)} MB resident, SERVING after ${servingMs.toFixed(0)} ms`;
    process.stdout.write(`       in-pod server: ${shown}\n`);
    expect(servingMs).to.be.below(50);
    expect(mb).to.be.below(12);
  });

  /** Milliseconds until the address first says SERVING; it is asked every two. */
  async function servingAfter(address: string, startedMs: number): Promise<number> {
    for (;;) {
      const client = new RunnerClient(address);
      const status = await client.checkHealth('', { deadlineMs: 1000 }).catch(() => '');
      client.close();
      if (status === 'SERVING') return performance.now() - startedMs;
      if (performance.now() - startedMs > 10_000) throw new Error('it never said SERVING');
      await delay(2);
    }
  }

  async function residentMb(pid: number | undefined): Promise<number> {
    const text = await readFile(`/proc/${String(pid)}/status`, 'utf8');
    return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024) / 1e6;
  }
});
