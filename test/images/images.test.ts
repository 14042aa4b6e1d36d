import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunnerClient } from '../../src/rpc/client.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { buildImages, type ImageStorage, type ImageTarget, imagesTimeoutMs } from '../support/images/image-storage.ts';
import { inRoot } from '../support/images/in-root.ts';
import { jsonAt } from '../support/json-at.ts';
import { type ProgramResult, runProgram } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { runGo } from '../wrapper/go-build.ts';

const tools = '/wrapper-server-tools';
const path = { PATH: '/usr/local/bin:/usr/bin:/bin' };

describe('the images of the Dockerfile', function () {
  requires('buildah', 'debootstrap', 'go', 'root');
  this.timeout(60_000);
  let images: ImageStorage;
  let remove: (() => Promise<void>) | undefined;
  let runnerRoot = '';
  let wrapperRoot = '';
  let daemon: Daemon | undefined;

  before(async function () {
    this.timeout(imagesTimeoutMs);
    images = await buildImages();
    remove = async () => images.remove();
    runnerRoot = await images.root('runner');
    wrapperRoot = await images.root('wrapper');
    // Container runtimes make these where an image has none.
    await writeFile(join(runnerRoot, 'etc', 'hosts'), '127.0.0.1 localhost\n');
    for (const folder of ['proc', tools]) await mkdir(join(wrapperRoot, folder));
    await chmod(join(wrapperRoot, tools), 0o777);
  });

  afterEach(async () => {
    await stop('SIGKILL');
  });

  after(async () => {
    await remove?.();
  });

  async function run(root: string, command: readonly string[]): Promise<ProgramResult> {
    const [program = '', ...args] = inRoot(root, command, path);
    return await runProgram(program, args);
  }

  /** Signals the server itself: `unshare` waits for it, and its end takes all of its processes along. */
  async function stop(signal: NodeJS.Signals): Promise<number | undefined> {
    if (daemon === undefined) return undefined;
    const { pid, exited } = daemon;
    daemon = undefined;
    const children = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8').catch(() => '');
    for (const child of children.split(' ').filter((text) => text.trim() !== '')) process.kill(Number(child), signal);
    return await exited;
  }

  /** Starts a server and gives the port that its log names. */
  async function serve(
    root: string,
    command: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<string> {
    const [program = '', ...args] = inRoot(root, command, env);
    daemon = startDaemon(program, args);
    const line: unknown = JSON.parse(await daemon.line(/"address":/));
    return String(jsonAt(line, 'address')).replace(/^.*:/, '');
  }

  for (const [target, entrypoint] of [
    ['runner', '/home/nonroot/server'],
    ['wrapper', '/home/nonroot/wrapper-server/wrapper-server'],
  ] as const satisfies readonly (readonly [ImageTarget, string])[]) {
    it(`starts ${entrypoint} of the ${target} as user 10001`, async () => {
      const config = jsonAt(JSON.parse(await images.inspect(target)), 'OCIv1', 'config');
      expect(config).to.include({ User: '10001:10001', StopSignal: 'SIGTERM' });
      expect(jsonAt(config, 'Entrypoint')).to.deep.equal([entrypoint]);
    });
  }

  it('has the program under its name in the runner, for whoever looks inside', async () => {
    const { exitCode, stdout, stderr } = await run(runnerRoot, ['function-runner', 'version']);
    expect(exitCode, stderr).to.equal(0);
    expect(stdout).to.match(/^\d+\.\d+\.\d+/);
  });

  it('runs the runner, whose probe finds it SERVING', async () => {
    const flags = [
      '--runtime=local',
      '--port=0',
      '--bind-address=127.0.0.1',
      '--drain-delay=0s',
      '--functions=/home/nonroot/functions',
    ];
    const env = { ...path, OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1', OTEL_EXPORTER_PROMETHEUS_PORT: '0' };
    const port = await serve(runnerRoot, ['/home/nonroot/server', ...flags], env);
    const probe = await run(runnerRoot, ['/home/nonroot/grpc-health-probe', `-addr=localhost:${port}`]);
    expect(probe, probe.stderr).to.include({ exitCode: 0 });
    expect(await stop('SIGTERM')).to.equal(0);
    const later = await run(runnerRoot, ['/home/nonroot/grpc-health-probe', `-addr=localhost:${port}`]);
    expect(later.exitCode).to.equal(1);
  });

  it('has everything that the runner loads, and nothing that built it', async () => {
    const modules = await readdir(join(runnerRoot, 'app', 'node_modules'));
    expect(modules).to.include.members(['@grpc', 'undici', 'yaml']);
    expect(modules.filter((name) => ['typescript', 'mocha', 'c8', 'oxlint', 'esbuild', 'node'].includes(name))).to.be
      .empty;
    for (const program of ['npm', 'gcc', 'go']) {
      expect((await run(runnerRoot, ['sh', '-c', `command -v ${program}`])).stdout, program).to.equal('');
    }
    expect((await run(runnerRoot, ['bwrap', '--version'])).stdout).to.match(/^bubblewrap /);
    expect((await stat(join(runnerRoot, 'home/nonroot/functions'))).isDirectory()).to.equal(true);
    expect(existsSync(join(runnerRoot, 'app', 'src'))).to.equal(false);
  });

  it('copies the wrapper into the volume of existing templates, as their init container asks, and serves from there', async () => {
    const copied = await run(wrapperRoot, ['cp', '-a', '/home/nonroot/wrapper-server/.', tools]);
    expect(copied).to.deep.equal({ exitCode: 0, stdout: '', stderr: '' });
    const functionRoot = join(wrapperRoot, 'function');
    for (const folder of ['proc', 'etc']) await mkdir(join(functionRoot, folder), { recursive: true });
    await writeFile(join(functionRoot, 'etc', 'hosts'), '127.0.0.1 localhost\n');
    await cp(join(wrapperRoot, tools), join(functionRoot, tools), { recursive: true, verbatimSymlinks: true });
    const built = await runGo('env', [
      'CGO_ENABLED=0',
      'go',
      'build',
      '-o',
      join(functionRoot, 'echo'),
      './testdata/echo',
    ]);
    expect(built.exitCode, built.stderr).to.equal(0);

    const flags = ['--port=0', '--bind-address=127.0.0.1', '--'];
    const port = await serve(functionRoot, [`${tools}/wrapper-server`, ...flags, '/echo'], {});
    const probe = await run(functionRoot, [`${tools}/grpc-health-probe`, '-addr', `localhost:${port}`]);
    expect(probe, probe.stderr).to.include({ exitCode: 0 });
    const client = new RunnerClient(`127.0.0.1:${port}`);
    const answer = await client.evaluateFunction({ image: 'echo', resourceList: Buffer.from('kind: ResourceList\n') });
    client.close();
    expect(Buffer.from(answer.resourceList).toString()).to.equal('kind: ResourceList\n');
  });

  it('has nothing in the wrapper but its program under three names', async () => {
    const root = await images.root('wrapper');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
    expect(names.toSorted()).to.deep.equal(['cp', 'grpc-health-probe', 'wrapper-server']);
  });
});
