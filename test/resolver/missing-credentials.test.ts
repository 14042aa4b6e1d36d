import { expect } from 'chai';
import { silentLog } from '../../src/core/log.ts';
import { noCounters } from '../../src/core/counters.ts';
import { type ErrorCode, RunnerError } from '../../src/core/errors.ts';
import { CredentialSource, type FoundKeyrings } from '../../src/credentials/credential-source.ts';
import { Keyring } from '../../src/credentials/keyring.ts';
import { LateKeyrings } from '../../src/credentials/late-keyrings.ts';
import { parsePlatform } from '../../src/image/platform.ts';
import { Resolver } from '../../src/resolver/resolver.ts';
import { dockerConfigJson } from '../support/mounted-secret.ts';
import { FakeRegistry } from './fake-registry.ts';
import { ManualClock } from './manual-clock.ts';

const { signal } = new AbortController();
const image = 'r.example/fn:v1';
const ring = (user: string, origin = ''): Keyring =>
  Keyring.parse(Buffer.from(dockerConfigJson({ 'r.example': `${user}:p` })), 'f', origin);

describe('an image whose pull secrets are in the cluster', () => {
  let registry: FakeRegistry;
  let late: LateKeyrings;
  let resolver: Resolver<ReturnType<FakeRegistry['session']>>;
  let found: FoundKeyrings;

  beforeEach(() => {
    registry = new FakeRegistry();
    late = new LateKeyrings();
    found = { keyrings: [], missing: [] };
    resolver = new Resolver({
      client: registry,
      credentials: new CredentialSource({
        file: { current: async () => ring('mounted') },
        logins: { get: async () => ({ kind: 'none' }), last: () => undefined, refused: () => undefined },
        secrets: late,
      }),
      defaultImagePrefix: '',
      imageCacheTtlMs: 0,
      resolveTimeoutMs: 1000,
      platform: parsePlatform('linux/amd64'),
      anyPlatform: false,
      clock: new ManualClock(),
      log: silentLog,
      counters: noCounters,
    });
  });

  afterEach(() => {
    resolver.close();
  });

  const failure = async (code: ErrorCode): Promise<RunnerError> => {
    registry.failure = new RunnerError(code, 'no', { hint: 'Add an entry.' });
    return resolver.resolve(image, { signal }).then(
      () => new RunnerError('INTERNAL', 'it was resolved'),
      (error: unknown) => (error instanceof RunnerError ? error : new RunnerError('INTERNAL', String(error))),
    );
  };

  it('is looked up with those before the mounted file, as soon as they are known', async () => {
    await failure('MAN_NOT_FOUND');
    late.connect({ keyringsFor: async () => found });
    found = { keyrings: [ring('own', 'pull secret own: ')], missing: [] };
    await failure('MAN_NOT_FOUND');
    expect(registry.sessions.map((candidates) => candidates.map(({ key }) => key))).to.deep.equal([
      ['r.example'],
      ['pull secret own: r.example', 'r.example'],
    ]);
  });

  for (const code of ['AUTH_DENIED', 'AUTH_REFUSED', 'AUTH_FORBIDDEN'] as const) {
    it(`is told, where it is refused with ${code}, which of them are missing`, async () => {
      late.connect({ keyringsFor: async () => found });
      found = {
        keyrings: [],
        missing: [
          { problem: 'pull secret ns/one is not there', hint: 'Make it.' },
          { problem: 'pull secret ns/two is not there', hint: 'Make that.' },
        ],
      };
      const error = await failure(code);
      expect(error.message).to.equal(`${image}: no; pull secret ns/one is not there; pull secret ns/two is not there`);
      expect(error.details.hint).to.equal('Make it.');
    });
  }

  it('keeps the hint of the refusal where what is missing has none', async () => {
    late.connect({ keyringsFor: async () => found });
    found = { keyrings: [], missing: [{ problem: 'those of the account are not known' }] };
    const error = await failure('AUTH_DENIED');
    expect(error.message).to.equal(`${image}: no; those of the account are not known`);
    expect(error.details.hint).to.equal('Add an entry.');
  });

  it('is not told of them where that is not why it fails', async () => {
    late.connect({ keyringsFor: async () => found });
    found = { keyrings: [], missing: [{ problem: 'pull secret ns/one is not there', hint: 'Make it.' }] };
    const error = await failure('MAN_NOT_FOUND');
    expect([error.message, error.details.hint]).to.deep.equal([`${image}: no`, 'Add an entry.']);
  });
});
