import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import { NegativeCache } from '../../src/resolver/negative-cache.ts';
import { ManualClock } from './manual-clock.ts';

const maxEntries = 10_000;
const limited = new RunnerError('RATE_LIMITED', 'too many requests', { retryAfterSeconds: 3600 });
const denied = new RunnerError('AUTH_DENIED', 'denied');

describe('remembered refusals', () => {
  let cache: NegativeCache;

  beforeEach(() => {
    cache = new NegativeCache(new ManualClock());
    // Each name with each login is a key of its own, and callers choose both.
    for (let index = 0; index < maxEntries; index += 1) cache.set(`flood ${String(index)}`, limited);
  });

  afterEach(() => {
    cache.close();
  });

  it('have room for the next one, however many somebody else has caused', () => {
    cache.set('other', denied);
    expect(cache.get('other')).to.equal(denied);
    cache.set('third', limited);
    expect(cache.get('third')?.code).to.equal('RATE_LIMITED');
  });

  it('are no more than there may be, and the newest', () => {
    const kept = Array.from({ length: 2 * maxEntries }, (_, index) => `later ${String(index)}`);
    for (const key of kept) cache.set(key, denied);
    const known = kept.filter((key) => cache.get(key) !== undefined);
    expect(known.length).to.be.within(0.9 * maxEntries - 1, maxEntries);
    expect(known.at(-1)).to.equal(kept.at(-1));
    expect(cache.get('flood 1')).to.equal(undefined);
  });
});
