import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';

import type { CounterName, Counters } from '../../src/core/counters.ts';
import { MadeImage } from './made-image.ts';
import { greeting, greetingIn, StoreHarness, unpack } from './store-harness.ts';

describe('eviction', () => {
  let harness: StoreHarness;

  beforeEach(async () => {
    harness = await StoreHarness.create();
  });

  afterEach(async () => {
    await harness.remove();
  });

  const large = 'x'.repeat(100_000);
  const counted: CounterName[] = [];
  const counters: Counters = {
    add: (name, _labels, by = 1) => counted.push(...Array.from({ length: by }, () => name)),
  };

  async function imageNamed(name: string): Promise<MadeImage> {
    return await MadeImage.of([greeting, { kind: 'file', path: 'large', content: large + name }], name);
  }

  beforeEach(() => {
    counted.length = 0;
  });

  it('removes the images that were not used for the longest time, and no more than it must', async () => {
    const store = harness.newStore({ maxBytes: 400_000, counters });
    for (const name of ['a', 'b', 'c', 'd']) {
      (await unpack(store, await imageNamed(name))).release();
      await delay(10);
    }
    (await unpack(store, await imageNamed('b'))).release();
    await store.tidy();
    expect(await harness.storedRoots()).to.equal(2);
    expect(counted.filter((name) => name === 'store_evictions')).to.have.length(2);
    const [a, b] = [await imageNamed('a'), await imageNamed('b')];
    await Promise.all([unpack(harness.newStore(), a), unpack(harness.newStore(), b)]);
    expect([a.pulls, b.pulls]).to.deep.equal([1, 0]);
  });

  it('never removes an image that is in use, here or in another process', async () => {
    const [here, other] = [harness.newStore({ maxBytes: 1, counters }), harness.newStore({ maxBytes: 1, counters })];
    const lease = await unpack(here, await imageNamed('a'));
    const elsewhere = await unpack(other, await imageNamed('b'));
    await Promise.all([here.tidy(), other.tidy()]);
    expect(await greetingIn(lease)).to.equal('hello');
    expect(await greetingIn(elsewhere)).to.equal('hello');
  });

  it('removes an image once it is given back, twice or once', async () => {
    const store = harness.newStore({ maxBytes: 1, counters });
    const image = await imageNamed('a');
    const leases = await Promise.all([unpack(store, image), unpack(store, image)]);
    leases[0].release();
    leases[0].release();
    await store.tidy();
    expect(await harness.storedRoots()).to.equal(1);
    leases[1].release();
    await unpack(store, await imageNamed('b'));
    await store.tidy();
    expect(await harness.storedRoots()).to.equal(1);
    expect(counted).to.include('store_evictions');
  });

  it('removes nothing that fits', async () => {
    const store = harness.newStore({ maxBytes: 1e6, counters, idleMs: 0 });
    for (const name of ['a', 'b']) (await unpack(store, await imageNamed(name))).release();
    await store.tidy();
    expect(await harness.storedRoots()).to.equal(2);
  });

  it('lets another process remove what this one has not used for a while', async () => {
    const store = harness.newStore({ idleMs: 0 });
    (await unpack(store, await imageNamed('a'))).release();
    await store.tidy();
    const other = harness.newStore({ maxBytes: 150_000, counters });
    await unpack(other, await imageNamed('b'));
    await other.tidy();
    expect(await harness.storedRoots()).to.equal(1);
    expect(await greetingIn(await unpack(store, await imageNamed('a')))).to.equal('hello');
  });
});
