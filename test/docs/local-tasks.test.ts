import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { answering as helping } from '../credentials/helper-programs.ts';
import { answering as providing } from '../credentials/provider/provider-programs.ts';
import { programImage } from '../cluster/stage/stage-images.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { functionRunner } from '../support/command-line.ts';
import { freePort } from '../support/free-port.ts';
import { writeImageFolder } from '../support/image-folder.ts';
import { dockerConfigJson, mountSecret } from '../support/mounted-secret.ts';
import type { ProgramResult } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { startService } from '../support/service.ts';
import { skopeoPush } from '../support/skopeo.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { build } from '../wrapper/go-build.ts';
import { type DocTask, fileIn, flagsOf, readTasks, runShellBlocks, type TaskPlace } from './doc-tasks.ts';
import { shims } from './shims.ts';

const login = { name: 'robot$reader', password: 'a:b"c' };
const cloudTitle = "Use the cloud's own credentials";

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
  const resolved = async (
    title: string,
    authority: string,
    more: readonly string[],
    substitutes: TaskPlace['substitutes'] = [],
  ): Promise<ProgramResult> => {
    const flags = flagsOf(taskOf(title), [['registry.example.com', authority], ...substitutes]);
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

  it("use the cloud's own credentials, by a helper", async () => {
    const server = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    const file = fileIn(taskOf(cloudTitle), '{ "credHelpers"', [[server, registry.authority]]);
    await writeFile(path('helpers.json'), file);
    const script = `#!/bin/sh\nlog=/dev/null\n${helping(login.name, login.password)}\n`;
    await writeFile(join(bin.path, 'docker-credential-ecr-login'), script, { mode: 0o755 });
    const flags = ['--enable-private-registries', `--registry-auth-secret-path=${path('helpers.json')}`];
    const image = `${registry.authority}/team/fn:v1`;
    const { stdout, stderr } = await functionRunner(['resolve', image, ...flags], { env: place.env });
    expect(stdout, stderr).to.include(`credential      docker-credential-ecr-login for ${registry.authority}`);
  });

  it("use the cloud's own credentials, by a provider", async () => {
    const file = fileIn(taskOf(cloudTitle), 'apiVersion: kubelet', [['*.dkr.ecr.*.amazonaws.com', registry.authority]]);
    await writeFile(path('credential-providers.yaml'), file);
    const answer = providing({ auth: { [registry.authority]: [login.name, login.password] } });
    const script = `#!/bin/sh\nlog=/dev/null\n${answer}\n`;
    await writeFile(join(bin.path, 'ecr-credential-provider'), script, { mode: 0o755 });
    const { stdout, stderr } = await resolved(
      cloudTitle,
      registry.authority,
      ['--enable-private-registries=false'],
      [
        ['/etc/kubernetes/credential-providers.yaml', path('credential-providers.yaml')],
        ['/usr/libexec/kubernetes/credential-providers', bin.path],
      ],
    );
    expect(stdout, stderr).to.match(/^credential +image credential provider ecr-credential-provider for /m);
  });

  it("go by the node's folder", async () => {
    const folderOfHost = path(`certs.d/${registry.authority}`);
    await mkdir(folderOfHost, { recursive: true });
    await copyFile(path('public.crt'), join(folderOfHost, 'ca.crt'));
    await writeFile(path('login.json'), dockerConfigJson({ [registry.authority]: `${login.name}:${login.password}` }));
    const { stdout, stderr } = await resolved(
      'Configure nodes and service with one folder',
      registry.authority,
      ['--enable-private-registries', `--registry-auth-secret-path=${path('login.json')}`],
      [['/etc/containerd/certs.d', path('certs.d')]],
    );
    expect(stdout, stderr).to.match(/^connection +mounted-ca$/m);
  });

  it('show a client certificate', async () => {
    const ca = await createAuthority({ name: 'Company CA' });
    const client = await ca.issue({ commonName: 'runner', client: true });
    const tls = await ca.issue({ ipAddresses: ['127.0.0.1'] });
    const choosy = await startDockerRegistry({ tls, clients: { caPem: ca.certificatePem, own: client } });
    const secret = await mountSecret({
      'ca.crt': ca.certificatePem,
      'tls.crt': client.certificatePem,
      'tls.key': client.keyPem,
    });
    try {
      await skopeoPush(path('fn'), 'team/fn:v1', { authority: choosy.authority, caPem: ca.certificatePem, client });
      const mount: TaskPlace['substitutes'] = [['/var/tmp/tls-secret', secret.path]];
      const { stdout, stderr } = await resolved('Show a client certificate', choosy.authority, [], mount);
      expect(stdout, stderr).to.match(/^connection +mounted-ca$/m);
    } finally {
      await secret.remove();
      await choosy.stop();
    }
  });

  it('look an image up at one address, and name another one to run it by', async () => {
    await writeFile(path('login.json'), dockerConfigJson({ [registry.authority]: `${login.name}:${login.password}` }));
    const title = 'Reach a registry under one name and let nodes pull by another';
    const flags = ['--enable-private-registries', `--registry-auth-secret-path=${path('login.json')}`];
    const { stdout, stderr } = await resolved(title, registry.authority, flags);
    expect(stdout, stderr).to.match(/^runs as +run\.example\.com\/team\/fn@sha256:/m);
  });

  it('speak TLS with callers', async () => {
    const ca = await createAuthority({ name: 'Callers CA' });
    const pair = await ca.issue({ ipAddresses: ['127.0.0.1'] });
    await writeFile(path('callers.crt'), ca.certificatePem);
    await writeFile(path('tls.crt'), pair.certificatePem);
    await writeFile(path('tls.key'), pair.keyPem);
    const service = await startService({
      flags: flagsOf(taskOf('Speak TLS with callers'), [['/var/run/function-runner-tls', folder.path]]),
    });
    try {
      const asked = ['health', `--addr=${service.address}`];
      expect((await functionRunner([...asked, `--tls-ca-cert=${path('callers.crt')}`])).stdout).to.include('SERVING');
      expect((await functionRunner(asked)).exitCode).to.equal(1);
    } finally {
      await service.stop();
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
