import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { programImage } from '../cluster/stage/stage-images.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { functionRunner } from '../support/command-line.ts';
import { freePort } from '../support/free-port.ts';
import { writeImageFolder } from '../support/image-folder.ts';
import { dockerConfigJson } from '../support/mounted-secret.ts';
import type { ProgramResult } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { startService } from '../support/service.ts';
import { skopeoPush } from '../support/skopeo.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { build } from '../wrapper/go-build.ts';
import { type DocTask, flagsOf, readTasks, runShellBlocks, type TaskPlace } from './doc-tasks.ts';
import { shims } from './shims.ts';

const login = { name: 'robot$reader', password: 'a:b"c' };

describe('the tasks of docs/private-registries.md on one machine', function () {
  requires('docker-registry', 'skopeo', 'htpasswd', 'go', 'bubblewrap');
  this.timeout(60_000);
  let tasks: ReadonlyMap<string, DocTask>;
  let registry: DockerRegistry;
  let bin: TempFolder;
  let folder: TempFolder;
  let place: TaskPlace;
  const path = (name: string): string => join(folder.path, name);

  before(async function () {
    this.timeout(200_000);
    tasks = await readTasks('docs/private-registries.md');
    bin = await shims();
    folder = await tempFolder('doc-tasks');
    const ca = await createAuthority({ name: 'Public CA' });
    await writeFile(path('public.crt'), ca.certificatePem);
    const users = { [login.name]: login.password };
    registry = await startDockerRegistry({ tls: await ca.issue({ ipAddresses: ['127.0.0.1'] }), users });
    await mkdir(path('fn'));
    await writeImageFolder(path('fn'), await programImage((await build()).echo));
    const access = { authority: registry.authority, caPem: ca.certificatePem, user: login };
    await skopeoPush(path('fn'), 'team/fn:v1', access);
    place = {
      cwd: folder.path,
      env: {
        PATH: `${bin.path}:${process.env['PATH'] ?? ''}`,
        HOME: path('home'),
        DOCKER_CONFIG: '',
        SSL_CERT_FILE: path('public.crt'),
        USERNAME: login.name,
        PASSWORD: login.password,
      },
      substitutes: [
        ['docker://ghcr.io/kptdev/krm-functions-catalog/set-namespace:v0.4.1', 'dir:fn'],
        ['registry.example.com', registry.authority],
        ['5443', String(await freePort())],
        [' package ', ` ${resolve('examples/package')} `],
      ],
    };
  });

  after(async () => {
    await registry.stop();
    await bin.remove();
    await folder.remove();
  });

  const taskOf = (title: string): DocTask => tasks.get(title) ?? expect.fail(`no task "${title}"`);

  const done = async (title: string, more: TaskPlace['substitutes'] = []): Promise<readonly ProgramResult[]> => {
    const results = await runShellBlocks(taskOf(title), { ...place, substitutes: [...more, ...place.substitutes] });
    for (const { exitCode, stdout, stderr } of results) expect(exitCode, stdout + stderr).to.equal(0);
    return results;
  };

  /** What `resolve` says with the flags of a task. */
  const resolved = async (title: string, authority: string, more: readonly string[]): Promise<ProgramResult> => {
    const flags = flagsOf(taskOf(title), [['registry.example.com', authority]]);
    return functionRunner(['resolve', `${authority}/team/fn:v1`, ...flags, ...more], { env: place.env });
  };

  it('run a registry from which a function is looked up', async () => {
    try {
      const [, lookedUp] = await done('Run a registry with TLS and a password');
      expect(lookedUp?.stdout)
        .to.match(/^connection +mounted-ca$/m)
        .and.match(/^credential +localhost:\d+$/m);
    } finally {
      process.kill(Number(await readFile(path('registry.pid'), 'utf8')));
    }
  });

  it('find the login that other tools have left', async () => {
    const [lookedUp] = await done('Use the login that is there already');
    expect(lookedUp?.stdout).to.include(`credential      ${registry.authority}`);
  });

  it('send a login with the call', async () => {
    const service = await startService({
      flags: [`--image-store=${path('store')}`],
      overrides: { environment: { SSL_CERT_FILE: path('public.crt'), PATH: process.env['PATH'] ?? '' } },
    });
    try {
      const [evaluated] = await done('Send a login with the call', [['localhost:9445', service.address]]);
      expect(evaluated?.stdout).to.include('kind: Deployment');
    } finally {
      await service.stop();
    }
  });

  it('use a registry that speaks plain HTTP, with a login', async () => {
    const insecure = await startDockerRegistry({ users: { [login.name]: login.password } });
    try {
      const access = { authority: insecure.authority, user: login };
      await skopeoPush(path('fn'), 'team/fn:v1', access);
      await writeFile(
        path('insecure.json'),
        dockerConfigJson({ [insecure.authority]: `${login.name}:${login.password}` }),
      );
      const { stdout, stderr } = await resolved('Use an insecure registry inside the cluster', insecure.authority, [
        '--enable-private-registries',
        `--registry-auth-secret-path=${path('insecure.json')}`,
      ]);
      expect(stdout, stderr)
        .to.match(/^connection +plaintext$/m)
        .and.include(`credential      ${insecure.authority}`);
    } finally {
      await insecure.stop();
    }
  });

  it('keep images of other registries out', async () => {
    const { stderr } = await functionRunner([
      'resolve',
      'elsewhere.example/team/fn:v1',
      ...flagsOf(taskOf('Allow some registries only'), []),
    ]);
    expect(stderr).to.match(/elsewhere\.example\/team\/fn .*REGISTRY_NOT_ALLOWED/);
  });

  it('say whether a login could push, as far as the registry tells', async () => {
    const [looked] = await done('Keep the push login away');
    expect(looked?.stdout).to.match(/push/);
  });

  it('look at what is there', async () => {
    const [looked] = await done('Find out what is wrong');
    expect(looked?.stdout).to.include(registry.authority);
  });
});
