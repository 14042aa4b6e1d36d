import { expect } from 'chai';
import { type Authority, createAuthority, type KeyPair } from '../../examples/registry/certificates.ts';
import { buildImage } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { type Registry, startRegistry } from '../../examples/registry/registry.ts';
import { failureOf } from '../resolver/failure-of.ts';
import { ManualClock } from '../resolver/manual-clock.ts';
import { mountSecret } from '../support/mounted-secret.ts';
import { startService, type TestService } from '../support/service.ts';
import { answering, helperPrograms } from './helper-programs.ts';
import { answering as provided, providerConfig, providerPrograms } from './provider/provider-programs.ts';

const username = 'robot$runner';
const password = 'K7+only-a-program/knows';
const minute = 60_000;

/** A program that gives logins, in the hands of a test. */
interface Program {
  readonly flags: readonly string[];
  /** What it is called in errors. */
  readonly shown: string;
  write(script: string): Promise<void>;
  /** It gives the login that the registry takes, or another one. */
  give(secret: string): Promise<void>;
  /** How often it was run. */
  runs(): Promise<number>;
}

const failing = 'cat > /dev/null; echo failed >> "$log"; exit 7';
const lineCount = (text: string): number => text.split('\n').length - 1;

describe('a service whose program for logins fails', () => {
  let ca: Authority;
  let tls: KeyPair;
  let registry: Registry;
  let clock: ManualClock;
  let image: string;
  let cleanup: AsyncDisposableStack;

  beforeEach(async () => {
    cleanup = new AsyncDisposableStack();
    ca = await createAuthority();
    tls = await ca.issue({ ipAddresses: ['127.0.0.1'] });
    registry = await openRegistry(password, 0);
    cleanup.defer(async () => registry.stop());
    image = `${registry.address}/team/fn:v1`;
    clock = new ManualClock(Date.now());
  });

  afterEach(async () => cleanup.disposeAsync());

  const kinds: readonly { readonly what: string; readonly open: () => Promise<Program & { readonly path: string }> }[] =
    [
      { what: 'credential helper', open: async () => openHelper() },
      { what: 'image credential provider', open: async () => openProvider() },
    ];
  for (const { what, open } of kinds) {
    describe(`a ${what}`, () => {
      let program: Program;
      let service: TestService;

      beforeEach(async () => {
        const opened = await open();
        program = opened;
        await program.give(password);
        const trusted = await mountSecret({ 'ca.crt': ca.certificatePem });
        cleanup.defer(async () => trusted.remove());
        const trust = ['--enable-private-registries-tls', `--tls-secret-path=${trusted.path}`];
        service = await startService({
          flags: [...program.flags, ...trust, '--image-platform=linux/amd64'],
          overrides: { clock, environment: { PATH: opened.path } },
        });
        cleanup.defer(async () => {
          expect([...service.logLines, await service.metrics()].join('\n')).to.not.include(password);
          await service.stop();
        });
      });

      it('answers what it knew while that is fresh, stale and a fallback, long after the last login has ended', async () => {
        const { digest } = await service.resolve(image);
        await program.write(failing);
        // Fresh for 5 minutes, stale for 5 more, then a fallback.
        for (const waitMs of [4 * minute, 4 * minute, 60 * minute, minute, 12 * 60 * minute]) {
          clock.advance(waitMs);
          expect(await service.resolve(image)).to.include({ digest, cached: true });
        }
        await program.give(password);
        clock.advance(minute);
        expect(await service.resolve(image)).to.include({ digest, cached: false });
      });

      it('runs it no more than once in half a minute for calls that are answered all the same', async () => {
        await service.resolve(image);
        await program.write(failing);
        clock.advance(3 * 60 * minute);
        await service.resolve(image);
        const runs = await program.runs();
        for (let call = 0; call < 5; call += 1) {
          clock.advance(5_500);
          expect(await service.resolve(image)).to.include({ cached: true });
        }
        expect(await program.runs()).to.equal(runs);
      });

      it('answers what it knew when the registry has ended the login meanwhile', async () => {
        const { digest } = await service.resolve(image);
        await program.write(failing);
        await endLogins('the next one');
        const before = registry.requests.length;
        for (const waitMs of [11 * minute, minute, 90 * minute, minute]) {
          clock.advance(waitMs);
          expect(await service.resolve(image)).to.include({ digest, cached: true });
        }
        expect(registry.requests.slice(before).map(({ status }) => status)).to.include(401);
        await program.give('the next one');
        clock.advance(minute);
        expect(await service.resolve(image)).to.include({ digest, cached: false });
      });

      it('forgets what it knew once the registry refuses a login that was given just now', async () => {
        await service.resolve(image);
        await endLogins('for others');
        clock.advance(11 * minute);
        expect(await failureOf(service.resolve(image))).to.include({ reason: 'AUTH_REFUSED' });
        await program.write(failing);
        clock.advance(11 * minute);
        await failureOf(service.resolve(image));
      });

      it('says of an image that it does not know which program failed, and that it may work later', async () => {
        await program.write(failing);
        const failure = await failureOf(service.resolve(image));
        expect(failure).to.include({ reason: 'CREDENTIALS_UNAVAILABLE', status: 'UNAVAILABLE' });
        expect(failure.message).to.include(`${program.shown} gives no login: it ended with exit code 7`);
      });
    });
  }

  async function openRegistry(word: string, port: number): Promise<Registry> {
    const opened = await startRegistry({ tls, users: { [username]: word }, port });
    const built = await buildImage({ entrypoint: ['/fn'] });
    await pushImage(opened.address, 'team/fn', 'v1', built, {
      auth: { username, password: word },
      ca: ca.certificatePem,
    });
    return opened;
  }

  /** The same registry, which takes another login only. */
  async function endLogins(next: string): Promise<void> {
    await registry.stop();
    registry = await openRegistry(next, Number(registry.address.split(':')[1]));
  }

  async function openHelper(): Promise<Program & { readonly path: string }> {
    const programs = await helperPrograms();
    cleanup.defer(async () => programs.remove());
    const config = { credHelpers: { [registry.address]: 'vault' } };
    const secret = await mountSecret({ 'config.json': JSON.stringify(config) });
    cleanup.defer(async () => secret.remove());
    return {
      path: programs.path,
      flags: ['--enable-private-registries', `--registry-auth-secret-path=${secret.file('config.json')}`],
      shown: `docker-credential-vault for ${registry.address}`,
      write: async (script) => programs.write('vault', script),
      give: async (word) => programs.write('vault', answering(username, word)),
      runs: async () => lineCount(await programs.log('vault')),
    };
  }

  async function openProvider(): Promise<Program & { readonly path: string }> {
    const programs = await providerPrograms({ one: failing });
    cleanup.defer(async () => programs.remove());
    const config = await mountSecret({
      'providers.json': providerConfig({ name: 'one', matchImages: [registry.address] }),
    });
    cleanup.defer(async () => config.remove());
    const give = async (word: string): Promise<void> =>
      programs.write('one', provided({ cacheDuration: '20m', auth: { [registry.address]: [username, word] } }));
    await give(password);
    return {
      path: '/usr/bin:/bin',
      flags: [
        `--image-credential-provider-config=${config.file('providers.json')}`,
        `--image-credential-provider-bin-dir=${programs.folder}`,
      ],
      shown: 'image credential provider one',
      write: async (script) => programs.write('one', script),
      give,
      runs: async () => lineCount(await programs.log('one')),
    };
  }
});
