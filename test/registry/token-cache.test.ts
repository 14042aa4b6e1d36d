import { expect } from 'chai';

import { Secret } from '../../src/core/secret.ts';
import { TokenCache } from '../../src/registry/auth/token-cache.ts';
import type { TokenDelivery } from '../../src/registry/auth/token-cache.ts';

const { signal } = new AbortController();

describe('the token cache', () => {
  let nowMs = 0;
  let issued = 0;
  let cache: TokenCache;

  beforeEach(() => {
    nowMs = 1_000_000;
    issued = 0;
    cache = new TokenCache({ now: () => nowMs, delay: async () => Promise.resolve() });
  });

  const issue = async (lifeSeconds: number): Promise<TokenDelivery> => {
    issued += 1;
    await new Promise(setImmediate);
    return { token: new Secret(`token ${String(issued)}`), lifeSeconds, attempts: [] };
  };

  const obtain = async (key = 'key', refused?: Secret): Promise<string> => {
    const { token } = await cache.obtain(key, { signal, refused }, async () => issue(100));
    return token.reveal().toString();
  };

  it('[TR15] gives a token for 80 % of its life by our own clock, then a new one', async () => {
    expect(await obtain()).to.equal('token 1');
    nowMs += 79_999;
    expect(await obtain()).to.equal('token 1');
    nowMs += 1;
    expect(await obtain()).to.equal('token 2');
  });

  it('[TR15] [S31] keeps what differs in any part of the key apart', async () => {
    expect(await obtain('registry a')).to.equal('token 1');
    expect(await obtain('registry b')).to.equal('token 2');
    expect(await obtain('registry a')).to.equal('token 1');
  });

  it('[R10] has one token issued for all who ask at the same time', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, async () => obtain()));
    expect(new Set(tokens)).to.deep.equal(new Set(['token 1']));
    expect(issued).to.equal(1);
  });

  it('[R10] has a refused token renewed once, however many had it refused', async () => {
    await obtain();
    const refused = cache.peek('key');
    const tokens = await Promise.all(Array.from({ length: 100 }, async () => obtain('key', refused)));
    expect(new Set(tokens)).to.deep.equal(new Set(['token 2']));
    expect(await obtain('key', refused)).to.equal('token 2');
    expect(issued).to.equal(2);
  });

  it('keeps nothing of a failure', async () => {
    const failure = await cache
      .obtain('key', { signal, refused: undefined }, async () => Promise.reject(new Error('no')))
      .catch(String);
    expect(failure).to.equal('Error: no');
    expect(await obtain()).to.equal('token 1');
  });

  it('holds a bounded number of tokens', async () => {
    for (let n = 0; n < 1001; n += 1) await obtain(String(n));
    expect(cache.peek('0')).to.equal(undefined);
    expect(cache.peek('1000')).not.to.equal(undefined);
  });
});
