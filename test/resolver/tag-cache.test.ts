import { expect } from 'chai';
import { TagCache, type TagEntry } from '../../src/resolver/tag-cache.ts';
import { ManualClock } from './manual-clock.ts';

const entry: TagEntry = {
  digest: 'sha256:0',
  connection: 'system-ca',
  attempts: [],
  credential: 'anonymous',
  authenticated: true,
  immutable: false,
};

describe('the tag cache', () => {
  it('makes room for the newest by letting go of the oldest', () => {
    const cache = new TagCache(60_000, new ManualClock());
    for (let index = 0; index <= 10_000; index += 1) cache.set(`tag-${String(index)}`, entry);
    const kept = ['tag-0', 'tag-999', 'tag-1000', 'tag-10000'].filter((key) => cache.get(key) !== undefined);
    cache.close();
    expect(kept).to.deep.equal(['tag-1000', 'tag-10000']);
  });

  it('knows nothing once it is closed', () => {
    const cache = new TagCache(60_000, new ManualClock());
    cache.set('tag', entry);
    cache.close();
    expect(cache.get('tag')).to.equal(undefined);
  });
});
