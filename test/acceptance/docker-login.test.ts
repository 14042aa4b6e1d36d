import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { buildImage } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { startRegistry } from '../../examples/registry/registry.ts';
import { startServing } from '../commands/serving.ts';
import { answering, type HelperPrograms, helperPrograms } from '../credentials/helper-programs.ts';
import { functionRunner } from '../support/command-line.ts';
import { type ProgramResult, runProgram } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { RunnerClient } from '../../src/rpc/client.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { type GuardedRegistry, indexName, login, startGuardedRegistry } from './guarded-registry.ts';

type Environment = Readonly<Record<string, string>>;

describe('docker login, outside a cluster', function () {
  requires('docker-registry', 'skopeo', 'htpasswd');
  this.timeout(60_000);
  let registry: GuardedRegistry;
  let home: TempFolder;
  let helpers: HelperPrograms;
  let trust: readonly string[];
  let image: string;

  before(async () => {
    registry = await startGuardedRegistry();
    trust = ['--enable-private-registries-tls', `--tls-secret-path=${dirname(registry.caFile)}`];
    image = `${registry.authority}/${indexName}`;
    helpers = await helperPrograms({ desktop: answering(login.name, login.password) });
  });

  beforeEach(async () => {
    home = await tempFolder('home');
  });

  afterEach(async () => home.remove());

  after(async () => {
    await helpers.remove();
    await registry.stop();
  });

  /** Nothing but the home folder, as after a fresh log-in. */
  const atHome = (more: Environment = {}): Environment => ({ HOME: home.path, DOCKER_CONFIG: '', ...more });

  const write = async (name: string, config: unknown): Promise<void> => {
    await mkdir(dirname(join(home.path, name)), { recursive: true });
    await writeFile(join(home.path, name), JSON.stringify(config));
  };

  const auth = Buffer.from(`${login.name}:${login.password}`).toString('base64');

  const run = async (args: readonly string[], env: Environment = atHome()): Promise<ProgramResult> =>
    functionRunner([...args, ...trust, '--image-platform=linux/amd64'], { env });

  const credentialOf = ({ stdout, stderr, exitCode }: ProgramResult): unknown => {
    expect(exitCode, stderr).to.equal(0);
    const answer: unknown = JSON.parse(stdout);
    return typeof answer === 'object' && answer !== null && 'credential' in answer ? answer.credential : undefined;
  };

  it('as skopeo writes it, is enough to resolve an image and to list tags', async () => {
    await mkdir(join(home.path, '.docker'));
    const authFile = join(home.path, '.docker', 'config.json');
    const flags = ['--authfile', authFile, '--cert-dir', dirname(registry.caFile), '--username', login.name];
    const loggedIn = await runProgram('skopeo', ['login', ...flags, '--password-stdin', registry.authority], {
      input: login.password,
    });
    expect(loggedIn.exitCode, loggedIn.stderr).to.equal(0);
    expect(credentialOf(await run(['resolve', image, '-o', 'json']))).to.equal(registry.authority);
    expect((await run(['tags', image])).stdout).to.equal('v1\n');
  });

  it('with a credential store, as of Docker Desktop, asks that', async () => {
    await write('.docker/config.json', {
      auths: { [registry.authority]: {} },
      credsStore: 'desktop',
      currentContext: 'desktop-linux',
      HttpHeaders: { 'User-Agent': 'Docker-Client/27.0 (linux)' },
      plugins: { debug: { hooks: 'exec' } },
      detachKeys: 'ctrl-e,e',
    });
    const result = await run(
      ['resolve', image, '-o', 'json'],
      atHome({ PATH: `${helpers.path}:${process.env['PATH'] ?? ''}` }),
    );
    expect(String(credentialOf(result))).to.include('desktop');
    expect(await helpers.log('desktop')).to.include(`get ${registry.authority}`);
  });

  it('is looked for in DOCKER_CONFIG alone, where that is set', async () => {
    await write('elsewhere/config.json', { auths: { [registry.authority]: { auth } } });
    const folder = { DOCKER_CONFIG: join(home.path, 'elsewhere') };
    expect(credentialOf(await run(['resolve', image, '-o', 'json'], atHome(folder)))).to.equal(registry.authority);
    await write('.docker/config.json', { auths: { [registry.authority]: { auth } } });
    const empty = await run(['resolve', image], atHome({ DOCKER_CONFIG: join(home.path, 'nowhere') }));
    expect(empty.exitCode).to.equal(1);
  });

  it("by podman counts where there is no docker's", async () => {
    await write('run/containers/auth.json', { auths: { [registry.authority]: { auth } } });
    const env = atHome({ XDG_RUNTIME_DIR: join(home.path, 'run') });
    expect(credentialOf(await run(['resolve', image, '-o', 'json'], env))).to.equal(registry.authority);
  });

  it('serves the service too, which says in one line which file it took', async () => {
    await write('.docker/config.json', { auths: { [registry.authority]: { auth } } });
    const service = await startServing([...trust, '--image-platform=linux/amd64'], atHome());
    const client = new RunnerClient(service.address);
    try {
      expect(await client.resolveImage({ image })).to.include({ credential: registry.authority });
      const file = join(home.path, '.docker/config.json');
      expect(service.stderrLines.filter((line) => line.includes(file))).to.have.length(1);
      expect(service.stderrLines.join('\n')).not.to.include(auth);
    } finally {
      client.close();
      await service.stop();
    }
  });

  const unused: readonly (readonly [string, readonly string[], Environment])[] = [
    ['with --enable-private-registries=false', ['--enable-private-registries=false'], {}],
    ['with a file of its own', ['--enable-private-registries', '--registry-auth-secret-path=/no/file'], {}],
    ['inside a cluster', [], { KUBERNETES_SERVICE_HOST: '10.0.0.1' }],
    ['inside a cluster with the local runtime', ['--runtime=local'], { KUBERNETES_SERVICE_HOST: '10.0.0.1' }],
    ['with the pod runtime', ['--runtime=pod'], {}],
  ];
  for (const [when, flags, env] of unused) {
    it(`counts for nothing ${when}`, async () => {
      await write('.docker/config.json', { auths: { [registry.authority]: { auth } } });
      const { exitCode, stderr } = await run(['resolve', image, ...flags], atHome(env));
      expect(exitCode).to.equal(1);
      expect(stderr).to.include('AUTH_DENIED');
    });
  }

  it('with a store that is gone is what a refusal names', async () => {
    await write('.docker/config.json', { credsStore: 'gone-with-desktop' });
    const { exitCode, stderr } = await run(['resolve', image]);
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('AUTH_DENIED').and.include('docker-credential-gone-with-desktop');
  });

  it('to others, or a store that is gone, hinders nobody who needs no login', async () => {
    const open = await startRegistry({});
    try {
      await pushImage(open.address, 'team/fn', 'v1', await buildImage({ entrypoint: ['/fn'] }), {});
      await write('.docker/config.json', { auths: { 'else.example': { auth } }, credsStore: 'gone-with-desktop' });
      const insecure = `--insecure-registries=${open.address}`;
      const result = await functionRunner(['resolve', `${open.address}/team/fn:v1`, insecure], { env: atHome() });
      expect(result.exitCode, result.stderr).to.equal(0);
    } finally {
      await open.stop();
    }
  });
});
