import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { silentLog } from '../../../../src/core/log.ts';
import { Renewal } from '../../../../src/kubernetes/pull-secret/generated/renewal.ts';
import { SteppedClock } from '../../stepped-clock.ts';

const image = { domain: 'cloud.io', path: 'team/fn' };

describe('renewal of pull secrets', () => {
  let clock: SteppedClock;
  let renewal: Renewal;
  let renewed: string[] = [];
  let expiresAtMs: Map<string, number>;

  beforeEach(() => {
    clock = new SteppedClock(1_700_000_000_000);
    renewed = [];
    expiresAtMs = new Map(['silent', 'well'].map((name) => [name, clock.now() + 20_000]));
    const silent = Promise.withResolvers<undefined>();
    renewal = new Renewal({
      clock,
      log: silentLog,
      checkIntervalMs: 1000,
      termOf: (name) => {
        const at = expiresAtMs.get(name);
        return at === undefined ? undefined : { image, obtainedAtMs: at - 20_000, expiresAtMs: at };
      },
      renew: async (name) => {
        renewed.push(name);
        if (name === 'silent') await silent.promise;
        expiresAtMs.set(name, clock.now() + 20_000);
      },
    });
  });

  afterEach(() => {
    renewal.close();
  });

  it('waits for no program that is silent, while others have logins to renew', async () => {
    renewal.inUse(new Set(['silent', 'well']), true);
    await clock.advance(60_000);
    await wait(5);
    expect(renewed.filter((name) => name === 'well').length).to.be.within(3, 4);
    expect(expiresAtMs.get('well')).to.be.greaterThan(clock.now());
  });

  it('asks a program once at a time for one secret', async () => {
    renewal.inUse(new Set(['silent', 'well']), true);
    await clock.advance(60_000);
    expect(renewed.filter((name) => name === 'silent')).to.have.lengthOf(1);
  });
});
