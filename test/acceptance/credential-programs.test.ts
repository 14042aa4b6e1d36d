import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildImage, type Image } from '../../examples/registry/image.ts';
import { buildLayer } from '../../examples/registry/layer.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { providerConfig } from '../credentials/provider/provider-programs.ts';
import { systemPath, systemPrograms, toolFiles } from '../local/tool-files.ts';
import { failureOf } from '../resolver/failure-of.ts';
import { ManualClock } from '../resolver/manual-clock.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { mountSecret } from '../support/mounted-secret.ts';
import { passwordStore } from '../support/password-store.ts';
import { type PluginAnswer, type ProviderPlugin, providerPlugin } from '../support/provider-plugin.ts';
import { requires } from '../support/requires.ts';
import { startService, type TestService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const user = { username: 'robot$runner', password: 'K7+only/a:program\\knows"é' };
const list = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n';
const second = 1_000;
const repositories = ['team/fn', 'team/other', 'else/fn'];

describe('docker-registry with htpasswd, whose password only a program knows', function () {
  requires('docker-registry', 'htpasswd', 'user-namespaces');
  this.timeout(60_000);
  const cleanup = new AsyncDisposableStack();
  let registry: DockerRegistry;
  let image: Image;

  before(async () => {
    registry = await startDockerRegistry({ users: { [user.username]: user.password } });
    cleanup.defer(async () => registry.stop());
    const tools = await buildLayer(await toolFiles(await systemPrograms('sh', 'cat')));
    image = await buildImage({ layers: [tools], entrypoint: ['sh', '-c', 'cat'] });
    for (const repository of repositories) {
      await pushImage(registry.authority, repository, 'v1', image, { auth: user });
      await pushImage(registry.authority, repository, 'v2', image, { auth: user });
    }
  });

  after(async () => {
    await cleanup.disposeAsync();
  });

  async function withService(
    flags: readonly string[],
    overrides: { readonly environment?: NodeJS.ProcessEnv; readonly clock?: ManualClock },
    work: (service: TestService) => Promise<void>,
  ): Promise<void> {
    await using parts = new AsyncDisposableStack();
    const store = await tempFolder('store');
    parts.defer(async () => store.remove());
    const service = await startService({
      flags: [`--insecure-registries=${registry.authority}`, `--image-store=${store.path}`, ...flags],
      overrides: { ...overrides, environment: { PATH: systemPath, ...overrides.environment } },
    });
    parts.defer(async () => service.stop());
    await work(service);
    expect([...service.logLines, await service.metrics()].join('\n')).to.not.include(user.password);
  }

  async function resolvesAndRuns(service: TestService, credential: string): Promise<void> {
    const name = `${registry.authority}/team/fn:v1`;
    expect(await service.resolve(name)).to.include({ digest: image.manifest.digest, credential });
    const { output } = await service.evaluate(name, list);
    expect(Buffer.from(output).toString()).to.equal(list);
  }

  describe('docker-credential-pass', function () {
    requires('docker-credential-pass', 'pass', 'gpg');

    for (const [field, config] of [
      ['credHelpers', (): unknown => ({ credHelpers: { [registry.authority]: 'pass' } })],
      ['credsStore', (): unknown => ({ auths: { [registry.authority]: {} }, credsStore: 'pass' })],
    ] as const) {
      it(`logs in for ${field}, to resolve and to run`, async () => {
        await using parts = new AsyncDisposableStack();
        const store = await passwordStore();
        parts.defer(async () => store.remove());
        await store.keep(registry.authority, user.username, user.password);
        const secret = await mountSecret({ 'config.json': JSON.stringify(config()) });
        parts.defer(async () => secret.remove());
        const flags = ['--enable-private-registries', `--registry-auth-secret-path=${secret.file('config.json')}`];
        await withService(flags, { environment: store.environment }, async (service) => {
          await resolvesAndRuns(service, `docker-credential-pass for ${registry.authority}`);
          expect(await service.metrics()).to.match(/credential_helper_runs_total\{[^}]*outcome="login"[^}]*\} 1\b/);
        });
      });
    }

    it('that knows nothing of the registry leaves it without a login', async () => {
      await using parts = new AsyncDisposableStack();
      const store = await passwordStore();
      parts.defer(async () => store.remove());
      await store.keep('other.example.com', user.username, user.password);
      const secret = await mountSecret({ 'config.json': JSON.stringify({ credsStore: 'pass' }) });
      parts.defer(async () => secret.remove());
      const flags = ['--enable-private-registries', `--registry-auth-secret-path=${secret.file('config.json')}`];
      await withService(flags, { environment: store.environment }, async (service) => {
        expect(await failureOf(service.resolve(`${registry.authority}/team/fn:v1`))).to.include({
          reason: 'AUTH_DENIED',
        });
      });
    });
  });

  describe("an image credential provider of the kubelet's own types", function () {
    requires('go');
    let plugin: ProviderPlugin;
    let config: string;

    before(async function () {
      this.timeout(420_000);
      plugin = await providerPlugin();
      cleanup.defer(async () => plugin.remove());
      config = join(plugin.binDir, 'config.json');
    });

    function answerOf(rest: Omit<PluginAnswer, 'auth'>, login = user): PluginAnswer {
      return { auth: { [registry.authority]: login }, ...rest };
    }

    async function flagsFor(defaultCacheDuration = '10m'): Promise<readonly string[]> {
      const { name, args } = plugin;
      const matchImages = [registry.authority.replace('127.0.0.1', '127.*.0.*')];
      await writeFile(config, providerConfig({ name, args, matchImages, defaultCacheDuration }));
      return [`--image-credential-provider-config=${config}`, `--image-credential-provider-bin-dir=${plugin.binDir}`];
    }

    it('logs in, to resolve and to run, in one run', async () => {
      const before = await plugin.runs();
      await plugin.answerWith(answerOf({ cacheKeyType: 'Registry' }));
      await withService(await flagsFor(), {}, async (service) => {
        await resolvesAndRuns(service, `image credential provider ${plugin.name} for ${registry.authority}`);
        const runs = await plugin.runs();
        expect(runs.slice(before.length)).to.deep.equal([`${registry.authority}/team/fn`]);
        expect(await service.metrics()).to.match(/credential_provider_runs_total\{[^}]*outcome="login"[^}]*\} 1\b/);
      });
    });

    interface CacheRow {
      readonly what: string;
      readonly answer: Omit<PluginAnswer, 'auth'>;
      readonly defaultCacheDuration?: string;
      /** Of `team/fn:v1`, `team/fn:v2`, `team/other:v1`, `else/fn:v1`, then all four once more. */
      readonly runs: number;
    }

    const rows: readonly CacheRow[] = [
      { what: 'Image', answer: { cacheKeyType: 'Image', cacheDuration: '1m' }, runs: 3 },
      { what: 'Registry', answer: { cacheKeyType: 'Registry', cacheDuration: '1m' }, runs: 1 },
      { what: 'Global', answer: { cacheKeyType: 'Global', cacheDuration: '1m' }, runs: 1 },
      { what: 'Registry, by the default,', answer: { cacheKeyType: 'Registry' }, runs: 1 },
      { what: 'Registry for no time', answer: { cacheKeyType: 'Registry', cacheDuration: '0s' }, runs: 8 },
      {
        what: 'Registry for no time, by the default,',
        answer: { cacheKeyType: 'Registry' },
        defaultCacheDuration: '0s',
        runs: 8,
      },
    ];
    for (const { what, answer, defaultCacheDuration, runs } of rows) {
      it(`whose answer counts for ${what} is run ${String(runs)} times for eight questions to the registry`, async () => {
        const before = await plugin.runs();
        await plugin.answerWith(answerOf(answer));
        await withService(await flagsFor(defaultCacheDuration), {}, async (service) => {
          for (const refresh of [false, true]) {
            for (const name of ['team/fn:v1', 'team/fn:v2', 'team/other:v1', 'else/fn:v1']) {
              await service.resolve(`${registry.authority}/${name}`, { refresh });
            }
          }
        });
        expect((await plugin.runs()).length - before.length).to.equal(runs);
      });
    }

    it('is run again at four fifths of what it said, and not before', async () => {
      const clock = new ManualClock(Date.now());
      const before = (await plugin.runs()).length;
      await plugin.answerWith(answerOf({ cacheKeyType: 'Registry', cacheDuration: '20s' }));
      await withService(await flagsFor(), { clock }, async (service) => {
        const runsAfter = async (ms: number): Promise<number> => {
          clock.advance(ms);
          await service.resolve(`${registry.authority}/team/fn:v1`, { refresh: true });
          return (await plugin.runs()).length - before;
        };
        expect(await runsAfter(0)).to.equal(1);
        expect(await runsAfter(15_999)).to.equal(1);
        expect(await runsAfter(1)).to.equal(2);
        expect(await runsAfter(15 * second)).to.equal(2);
      });
    });

    it('is run once more when the registry refuses what it said, and then no more', async () => {
      const before = (await plugin.runs()).length;
      const clock = new ManualClock(Date.now());
      await plugin.answerWith(answerOf({ cacheKeyType: 'Registry' }, { ...user, password: 'an old one' }));
      await withService(await flagsFor(), { clock }, async (service) => {
        const name = `${registry.authority}/team/fn:v1`;
        const refusal = await failureOf(service.resolve(name));
        expect(refusal).to.include({ reason: 'AUTH_REFUSED' });
        expect(refusal.message).to.include(`image credential provider ${plugin.name} for ${registry.authority}`);
        expect((await plugin.runs()).length - before).to.equal(2);
        for (let call = 0; call < 3; call += 1) await failureOf(service.resolve(name, { refresh: true }));
        expect((await plugin.runs()).length - before).to.equal(2);
        await plugin.answerWith(answerOf({ cacheKeyType: 'Registry' }));
        clock.advance(60 * second);
        expect(await service.resolve(name, { refresh: true })).to.include({ digest: image.manifest.digest });
      });
    });

    it('whose login the registry has replaced is run again within the call that finds out', async () => {
      await plugin.answerWith(answerOf({ cacheKeyType: 'Registry' }));
      await withService(await flagsFor(), {}, async (service) => {
        const name = `${registry.authority}/team/fn:v1`;
        await service.resolve(name);
        const next = { ...user, password: 'the next one' };
        await registry.setUsers({ [next.username]: next.password });
        await plugin.answerWith(answerOf({ cacheKeyType: 'Registry' }, next));
        expect(await service.resolve(name, { refresh: true })).to.include({ digest: image.manifest.digest });
        await registry.setUsers({ [user.username]: user.password });
      });
    });

    it('that fails is an error that says which and why, with nothing of what it wrote', async () => {
      await writeFile(join(plugin.binDir, 'settings.json'), user.password);
      await withService(await flagsFor(), {}, async (service) => {
        const failure = await failureOf(service.resolve(`${registry.authority}/team/fn:v1`));
        expect(failure).to.include({ reason: 'CREDENTIALS_UNAVAILABLE' });
        expect(failure.message).to.include(`image credential provider ${plugin.name} gives no login`);
        expect(failure.message).to.include('exit code 1');
        expect(JSON.stringify(failure)).to.not.include(user.password);
      });
    });
  });
});
