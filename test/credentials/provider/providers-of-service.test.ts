import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildImage } from '../../../examples/registry/image.ts';
import { pushImage } from '../../../examples/registry/push.ts';
import { type Registry, startRegistry } from '../../../examples/registry/registry.ts';
import { optionRules } from '../../../src/commands/option-rules.ts';
import { parseServiceFlags } from '../../../src/config/options.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import { failureOf } from '../../resolver/failure-of.ts';
import { ManualClock } from '../../resolver/manual-clock.ts';
import { dockerConfigJson, type MountedSecret, mountSecret } from '../../support/mounted-secret.ts';
import { startService, type TestService } from '../../support/service.ts';
import {
  answering,
  type ConfiguredProvider,
  providerConfig,
  type ProviderPrograms,
  providerPrograms,
} from './provider-programs.ts';

const username = 'robot$runner';
const successor = 'robot$next';
const password = 'K7+only-a-provider/knows';
const file = 'providers.yaml';

describe('a service with image credential providers', () => {
  let registry: Registry;
  let programs: ProviderPrograms;
  let config: MountedSecret;
  let clock: ManualClock;
  let image: string;
  let cleanup: AsyncDisposableStack;

  beforeEach(async () => {
    cleanup = new AsyncDisposableStack();
    registry = await startRegistry({ users: { [username]: password, [successor]: password } });
    cleanup.defer(async () => registry.stop());
    const built = await buildImage({ entrypoint: ['/fn'] });
    for (const repository of ['team/fn', 'team/other']) {
      await pushImage(registry.address, repository, 'v1', built, { auth: { username, password } });
    }
    image = `${registry.address}/team/fn:v1`;
    programs = await providerPrograms({ one: answering({ auth: { [registry.address]: [username, password] } }) });
    cleanup.defer(async () => programs.remove());
    config = await mountSecret({ [file]: providerConfig(provider()) });
    cleanup.defer(async () => config.remove());
    clock = new ManualClock(Date.now());
  });

  afterEach(async () => {
    await cleanup.disposeAsync();
  });

  function provider(rest: Partial<ConfiguredProvider> = {}): ConfiguredProvider {
    return { name: 'one', matchImages: [registry.address], ...rest };
  }

  async function start(flags: readonly string[] = []): Promise<TestService> {
    const service = await startService({
      flags: [
        `--image-credential-provider-config=${config.file(file)}`,
        `--image-credential-provider-bin-dir=${programs.folder}`,
        '--image-platform=linux/amd64',
        `--insecure-registries=${registry.address}`,
        ...flags,
      ],
      overrides: { clock },
    });
    cleanup.defer(async () => {
      expect([...service.logLines, await service.metrics()].join('\n')).to.not.include(password);
      await service.stop();
    });
    return service;
  }

  async function startFault(): Promise<RunnerError> {
    const thrown = await start().catch((error: unknown) => error);
    if (thrown instanceof RunnerError) return thrown;
    throw new Error('it started', { cause: thrown });
  }

  async function giveAnswer(answer: Parameters<typeof answering>[0]): Promise<void> {
    await programs.write('one', answering({ auth: { [registry.address]: [username, password] }, ...answer }));
  }

  it('asks them after the mounted file, whose login is tried first', async () => {
    const auth = await mountSecret({ '.dockerconfigjson': dockerConfigJson({ [registry.address]: 'somebody:else' }) });
    cleanup.defer(async () => auth.remove());
    const path = auth.file('.dockerconfigjson');
    const service = await start(['--enable-private-registries', `--registry-auth-secret-path=${path}`]);
    const { credential } = await service.resolve(image);
    expect(credential).to.equal(`image credential provider one for ${registry.address}`);
    expect(registry.requests.filter(({ status }) => status === 401)).to.have.lengthOf.at.least(2);
  });

  for (const cacheDuration of ['20s', '0s']) {
    it(`asks neither them nor the registry about what it knows, with logins that live ${cacheDuration}`, async () => {
      await giveAnswer({ cacheDuration });
      const service = await start();
      await service.resolve(image);
      const [asked, requests] = [registry.requests.length, await programs.asked('one')];
      expect(requests).to.have.lengthOf(1);
      for (const waitMs of [0, 0, 16_000, 60_000]) {
        clock.advance(waitMs);
        expect((await service.resolve(image)).cached).to.equal(true);
      }
      await programs.write('one', 'exit 1');
      expect((await service.resolve(image)).cached).to.equal(true);
      expect([registry.requests.length, await programs.asked('one')]).to.deep.equal([asked, requests]);
    });
  }

  it('keeps what the registry said about an image when they give another login, and none has to be refused', async () => {
    await giveAnswer({ cacheDuration: '20s' });
    const service = await start();
    await service.resolve(image);
    await giveAnswer({ auth: { [registry.address]: [successor, password] } });
    clock.advance(16_000);
    await service.resolve(`${registry.address}/team/other:v1`);
    expect(registry.requests.at(-1)?.user).to.equal(successor);
    expect(await programs.asked('one')).to.have.lengthOf(2);
    const before = registry.requests.length;
    expect((await service.resolve(image)).cached).to.equal(true);
    expect(registry.requests).to.have.lengthOf(before);
  });

  it('keeps what the registry said about an image that another login opens, however they fail', async () => {
    const auth = await mountSecret({
      '.dockerconfigjson': dockerConfigJson({ [registry.address]: `${username}:${password}` }),
    });
    cleanup.defer(async () => auth.remove());
    const path = auth.file('.dockerconfigjson');
    await programs.write('one', 'exit 1');
    const service = await start(['--enable-private-registries', `--registry-auth-secret-path=${path}`]);
    await service.resolve(image);
    await programs.write('one', 'exit 2');
    clock.advance(6_000);
    await service.resolve(`${registry.address}/team/other:v1`);
    expect((await service.resolve(image)).cached).to.equal(true);
  });

  it('follows its file when it is replaced, and keeps to the last good one', async () => {
    await config.swap({ [file]: providerConfig(provider({ matchImages: ['other.example.com'] })) });
    const service = await start();
    expect(await failureOf(service.resolve(image))).to.include({ reason: 'AUTH_DENIED' });
    await config.swap({ [file]: providerConfig(provider()) });
    clock.advance(31_000);
    await service.resolve(image);
    for (const broken of ['{', providerConfig(), providerConfig(provider({ name: 'missing' }))]) {
      await config.swap({ [file]: broken });
      clock.advance(2_000);
      expect(await service.resolve(image, { refresh: true })).to.include({ cached: false });
    }
    const log = service.logLines.join('\n');
    expect(log).to.include('mounted file is broken; keeping its last good content');
    expect(log).to.include('provider \\"missing\\"').and.to.include('does not exist');
  });

  describe('in a folder of files', () => {
    async function startWith(files: Readonly<Record<string, string>>): Promise<TestService> {
      const folder = await mountSecret(files);
      cleanup.defer(async () => folder.remove());
      config = { ...folder, file: () => folder.path };
      return start();
    }

    const elsewhere = (name: string): string => providerConfig({ name, matchImages: ['other.example.com'] });

    it('takes those with names like .yaml, in their order, and follows each one', async () => {
      await programs.write('two', answering({ auth: { [registry.address]: ['two', 'refused'] } }));
      const files = { 'a.json': elsewhere('one'), 'b.yaml': elsewhere('two'), 'c.txt': '{' };
      const service = await startWith(files);
      expect(await failureOf(service.resolve(image))).to.include({ reason: 'AUTH_DENIED' });
      const asked = providerConfig({ name: 'two', matchImages: [registry.address] });
      await config.swap({ ...files, 'a.json': providerConfig(provider()), 'b.yaml': asked });
      clock.advance(31_000);
      expect((await service.resolve(image)).credential).to.include('provider one');
      expect(await programs.asked('two')).to.have.lengthOf(1);
      await config.swap({ ...files, 'a.json': providerConfig(provider()), 'b.yaml': elsewhere('one') });
      clock.advance(2_000);
      await service.resolve(image, { refresh: true });
      expect(service.logLines.join('\n')).to.include('is in').and.to.include('keeping what was read before');
    });

    it('does not start with a name in two files, or with none at all', async () => {
      const twice = { 'a.yaml': elsewhere('one'), 'b.yaml': elsewhere('one') };
      const fault = await startWith(twice).catch((error: unknown) => error);
      expect(String(fault)).to.match(/b\.yaml: provider "one" is in .*a\.yaml, too/);
      expect(String(await startWith({ 'a.txt': '{' }).catch((error: unknown) => error))).to.include(
        'is a folder without',
      );
    });
  });

  const faults: readonly { what: string; change: () => Promise<void>; says: readonly string[] }[] = [
    {
      what: 'a program that is missing',
      change: async () => rm(join(programs.folder, 'one')),
      says: ['provider "one"', 'does not exist'],
    },
    {
      what: 'a program that is none',
      change: async () => config.swap({ [file]: providerConfig(provider({ name: 'one.log' })) }),
      says: ['provider "one.log"', 'is not executable'],
    },
    {
      what: 'a configuration that is wrong',
      change: async () => config.swap({ [file]: providerConfig(provider({ matchImages: [] })) }),
      says: ['provider "one"', 'matchImages is empty'],
    },
    { what: 'no configuration', change: async () => rm(config.file(file)), says: ['no credential-providers file'] },
  ];
  for (const { what, change, says } of faults) {
    it(`does not start with ${what}, and names the file`, async () => {
      await writeFile(join(programs.folder, 'one.log'), '');
      await change();
      const { message } = await startFault();
      for (const words of [config.file(file), ...says]) expect(message).to.include(words);
    });
  }

  it('is told on its command line where the programs are', () => {
    const parsed = parseServiceFlags([`--image-credential-provider-config=${config.file(file)}`]);
    const found = optionRules.flatMap((rule) => rule(parsed.options));
    expect(found.map(({ message }) => message)).to.deep.equal([
      '--image-credential-provider-config: needs --image-credential-provider-bin-dir, the folder of its programs',
    ]);
  });

  it('says of a login that is refused which program should give another one', async () => {
    await giveAnswer({ auth: { [registry.address]: [username, 'of-yesterday'] } });
    const service = await start();
    const failure = await failureOf(service.resolve(image));
    const program = `image credential provider one for ${registry.address}`;
    expect(failure.message).to.include(`refused the credentials for "${program}"`);
    expect(failure.hint).to.equal(`Have the program give a login that ${registry.address} takes: ${program}.`);
    expect(failure.message).to.not.include('of-yesterday');
  });

  it('counts their runs by provider and outcome', async () => {
    const service = await start();
    await service.resolve(image);
    await programs.write('one', 'exit 1');
    clock.advance(11 * 60_000);
    await failureOf(service.resolve(image, { refresh: true }));
    const metrics = await service.metrics();
    for (const outcome of ['login', 'failed']) {
      expect(metrics).to.include(`credential_provider_runs_total{provider="one",outcome="${outcome}"} 1`);
    }
  });
});
