import { expect } from 'chai';
import { noCounters } from '../../src/core/counters.ts';
import { RunnerError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { Secret } from '../../src/core/secret.ts';
import type { CallerLogin } from '../../src/credentials/caller.ts';
import type { Candidate } from '../../src/credentials/candidate.ts';
import { CredentialSource } from '../../src/credentials/credential-source.ts';
import { Keyring } from '../../src/credentials/keyring.ts';
import { parsePlatform } from '../../src/image/platform.ts';
import type { Reference } from '../../src/image/reference.ts';
import type { Session } from '../../src/resolver/lookup.ts';
import { Resolver } from '../../src/resolver/resolver.ts';
import { FakeRegistry } from './fake-registry.ts';
import { ManualClock } from './manual-clock.ts';
import { settled } from './resolver-with.ts';

const image = 'registry.example.com/fn:v1';
const ttlMs = 60_000;
const ada = callerOf('ada', 'love');
const bob = callerOf('bob', 'lace');
const wrong = callerOf('ada', 'wrong');

/** Lets those in whose passwords it knows. */
class GuardedRegistry extends FakeRegistry {
  readonly passwords = new Set(['love', 'lace']);
  /** Users that asked, in order; empty for nobody. */
  readonly askers: string[] = [];

  override session(reference: Reference, candidates: readonly Candidate[]): Session {
    const session = super.session(reference, candidates);
    const logins = candidates.flatMap((one) => (one.kind === 'login' && one.login.kind === 'basic' ? [one.login] : []));
    return {
      ...session,
      fetchManifest: async (...wanted) => {
        this.askers.push(logins.map(({ username }) => username).join());
        await this.gate;
        const isKnown = logins.some(({ password }) => this.passwords.has(password.reveal().toString()));
        if (!isKnown) throw new RunnerError('AUTH_DENIED', 'denied');
        return session.fetchManifest(...wanted);
      },
    };
  }
}

describe('callers with registry logins of their own', () => {
  let registry: GuardedRegistry;
  let clock: ManualClock;
  let resolver: Resolver<Session>;
  let digest: string;

  beforeEach(() => {
    registry = new GuardedRegistry();
    digest = registry.tag('v1', registry.addImage());
    clock = new ManualClock();
    const get = async () => Promise.resolve({ kind: 'none' } as const);
    const answers = { get, last: () => undefined, refused: () => undefined };
    const credentials = new CredentialSource({
      file: { current: async () => Promise.resolve(Keyring.empty) },
      logins: answers,
    });
    resolver = new Resolver({
      client: registry,
      credentials,
      defaultImagePrefix: '',
      imageCacheTtlMs: ttlMs,
      resolveTimeoutMs: 5000,
      platform: parsePlatform('linux/amd64'),
      anyPlatform: false,
      clock,
      log: silentLog,
      counters: noCounters,
    });
  });

  afterEach(() => {
    resolver.close();
  });

  /** `ok`, `cached`, or the code of the error. */
  const outcome = async (caller: CallerLogin | undefined, of = image): Promise<string> => {
    try {
      const { resolution, cached } = await resolver.resolve(of, { signal: AbortSignal.timeout(5000), caller });
      expect(resolution.digest).to.equal(digest);
      return cached ? 'cached' : 'ok';
    } catch (error) {
      if (error instanceof RunnerError) return error.code;
      throw error;
    }
  };
  const others = async (of = image): Promise<readonly string[]> =>
    Promise.all([undefined, wrong].map(async (caller) => outcome(caller, of)));
  const denied = ['AUTH_DENIED', 'AUTH_DENIED'];

  for (const [title, of] of [
    ['a tag', () => image],
    ['a digest', () => `registry.example.com/fn@${digest}`],
  ] as const) {
    it(`keep what the cache has of ${title} from all others`, async () => {
      expect(await outcome(ada, of())).to.equal('ok');
      expect(await outcome(ada, of())).to.equal('cached');
      expect(await others(of())).to.deep.equal(denied);
      expect(await outcome(bob, of()), 'whose own login is good').to.equal('ok');
      expect(registry.askers.toSorted()).to.deep.equal(['', 'ada', 'ada', 'bob']);
    });

    it(`keep a stale answer about ${title}, and what its revalidation brings`, async () => {
      await outcome(ada, of());
      clock.advance(ttlMs + 1);
      expect(await outcome(ada, of())).to.equal('cached');
      expect(await others(of())).to.deep.equal(denied);
      await settled();
      expect(await outcome(ada, of())).to.equal('cached');
      expect(await outcome(callerOf('ada', 'wrong too'), of())).to.equal('AUTH_DENIED');
    });

    it(`lose ${title} with their login`, async () => {
      await outcome(ada, of());
      registry.passwords.delete('love');
      clock.advance(ttlMs + 1);
      await outcome(ada, of());
      await settled();
      expect(await outcome(ada, of())).to.equal('AUTH_DENIED');
    });
  }

  it('share no question that is under way with others', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    registry.gate = promise;
    const all = [ada, undefined, wrong, bob, ada].map(async (caller) => outcome(caller));
    await settled();
    resolve(undefined);
    expect(await Promise.all(all)).to.deep.equal(['ok', 'AUTH_DENIED', 'AUTH_DENIED', 'ok', 'ok']);
    expect(registry.askers.toSorted()).to.deep.equal(['', 'ada', 'ada', 'bob']);
  });

  it('are not refused because others were', async () => {
    expect(await others()).to.deep.equal(denied);
    expect(await outcome(ada)).to.equal('ok');
  });

  it('alone fall back on what they knew when the registry is down', async () => {
    await outcome(ada);
    clock.advance(3 * ttlMs);
    registry.failure = new RunnerError('UNREACHABLE', 'down');
    expect(await outcome(ada)).to.equal('cached');
    expect(await outcome(bob)).to.equal('UNREACHABLE');
  });

  it('pull with their login and no other', async () => {
    const { resolution } = await resolver.resolve(image, { signal: AbortSignal.timeout(5000), caller: ada });
    expect(resolution.credential).to.equal('x-registry-auth');
    await resolver.session(resolution, { caller: ada });
    const [candidate, ...more] = registry.sessions.at(-1) ?? [];
    expect(more).to.deep.equal([]);
    expect(candidate?.kind === 'login' && candidate.login).to.equal(ada.login);
  });

  it('are refused where their login is for another registry, without showing it to this one', async () => {
    expect(await outcome({ ...ada, server: 'https://index.docker.io/v1/' })).to.equal('REQUEST_INVALID');
    expect(await outcome({ ...ada, server: 'registry.example.com:5000' })).to.equal('REQUEST_INVALID');
    expect(registry.askers).to.deep.equal([]);
    expect(await outcome({ ...ada, server: 'https://registry.example.com/v2/' })).to.equal('ok');
  });
});

function callerOf(username: string, password: string): CallerLogin {
  return { login: { kind: 'basic', username, password: new Secret(password) }, server: undefined };
}
