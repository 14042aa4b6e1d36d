import { expect } from 'chai';

import { parseReference } from '../../../src/image/reference.ts';
import { dockerConfigJson } from '../../support/mounted-secret.ts';
import type { MemoryApi } from '../memory-api.ts';
import type { SteppedClock } from '../stepped-clock.ts';
import { type RunnerDouble, Runners, secretName, startMs } from './runner-double.ts';

const minute = 60_000;
const signal = new AbortController().signal;
const [a, b, free] = ['a.io/x:1', 'b.io/y:1', 'free.io/z'].map((text) => parseReference(text));

describe('pull secret of what a pod needs', () => {
  let runners: Runners;
  let api: MemoryApi;
  let clock: SteppedClock;

  beforeEach(() => {
    runners = new Runners();
    ({ api, clock } = runners);
  });

  afterEach(() => {
    runners.close();
  });

  const runner = (options: Parameters<Runners['add']>[0] = {}): RunnerDouble => {
    const made = runners.add({ scope: 'registry', ...options });
    made.source.set(dockerConfigJson({ 'a.io': 'ada:pw', 'b.io': 'bob:pw' }), startMs);
    return made;
  };
  const ensure = async ({ pullSecret }: RunnerDouble, ...images: readonly (typeof a)[]): Promise<string> => {
    const given = images.filter((image) => image !== undefined);
    await pullSecret.ensure(given, signal);
    return (await pullSecret.choose(given)).name ?? '';
  };
  const content = (name: string): unknown => JSON.parse(runners.content(name));
  const authsOf = (logins: Readonly<Record<string, string>>): unknown => JSON.parse(dockerConfigJson(logins));

  it('holds the entries for its images and no other', async () => {
    const made = runner();
    await made.pullSecret.start();
    expect(api.writes).to.deep.equal([]);
    const name = await ensure(made, a, free);
    expect(name).to.match(/^auth-secret-[0-9a-f]{10}$/);
    expect(content(name)).to.deep.equal(authsOf({ 'a.io': 'ada:pw' }));
    expect(content(await ensure(made, b, a))).to.deep.equal(authsOf({ 'a.io': 'ada:pw', 'b.io': 'bob:pw' }));
  });

  it('has the same name for images of the same credentials, whatever their order', async () => {
    const made = runner();
    const name = await ensure(made, a, b);
    expect(await ensure(made, b, free, a)).to.equal(name);
    expect(await ensure(made, a)).not.to.equal(name);
  });

  it('is none for images that need no credentials', async () => {
    const made = runner();
    expect(await ensure(made, free)).to.equal('');
    expect(api.seen).to.deep.equal([]);
  });

  it('keeps name and scope through a rotation, and follows it', async () => {
    const made = runner();
    await made.pullSecret.start();
    const image = parseReference('a.io/x');
    await made.pullSecret.ensure([image], signal);
    const before = await made.pullSecret.choose([image]);
    made.source.set(dockerConfigJson({ 'a.io': 'ada:new', 'b.io': 'bob:pw' }), startMs + 1);
    await clock.advance(5000);
    expect(content(before.name ?? '')).to.deep.equal(authsOf({ 'a.io': 'ada:new' }));
    expect(await made.pullSecret.choose([image])).to.deep.equal(before);
    expect(before.scopeKey).to.match(/^[0-9a-f]{10}$/);
  });

  it('is not written when another entry of its source changes', async () => {
    const made = runner();
    await made.pullSecret.start();
    await ensure(made, a);
    made.source.set(dockerConfigJson({ 'a.io': 'ada:pw', 'b.io': 'bob:new' }), startMs + 1);
    await clock.advance(5000);
    expect(api.writes).to.have.length(1);
  });

  it('stays while a pod has it, and goes ten minutes after the last one', async () => {
    const made = runner();
    await made.pullSecret.start();
    const name = await ensure(made, a);
    for (let minutes = 0; minutes < 30; minutes += 5) {
      await made.pullSecret.collect(new Set([name]), true, signal);
      await clock.advance(5 * minute);
    }
    await made.pullSecret.collect(new Set(), true, signal);
    expect(api.raw(name)).not.to.be.undefined;
    await clock.advance(5 * minute);
    await made.pullSecret.collect(new Set(), true, signal);
    expect(api.raw(name)).to.be.undefined;
    await clock.advance(minute);
    expect(api.raw(name)).to.be.undefined;
    expect(await ensure(made, a)).to.equal(name);
    expect(api.raw(name)).not.to.be.undefined;
  });

  it('is deleted by the one replica that does so, and not written again by another', async () => {
    const [deleting, other] = [runner({ mayList: true }), runner()];
    await other.pullSecret.start();
    const name = await ensure(other, a);
    for (let minutes = 0; minutes <= 15; minutes += 1) {
      await other.pullSecret.collect(new Set(), false, signal);
      await deleting.pullSecret.collect(new Set(), true, signal);
      await clock.advance(minute);
    }
    expect(api.raw(name)).to.be.undefined;
    expect(api.writes).to.deep.equal([`create ${name}`, `delete ${name}`]);
    expect(await ensure(other, a)).to.equal(name);
    expect(api.raw(name)).not.to.be.undefined;
  });

  it('stays while calls need it', async () => {
    const made = runner();
    const name = await ensure(made, a);
    await clock.advance(9 * minute);
    await ensure(made, a);
    await clock.advance(9 * minute);
    await made.pullSecret.collect(new Set(), true, signal);
    expect(api.raw(name)).not.to.be.undefined;
  });

  for (const mayList of [true, false]) {
    it(`goes when an earlier process made it, where secrets ${mayList ? 'may' : 'may not'} be listed`, async () => {
      const name = await ensure(runner(), a);
      const later = runner({ mayList });
      await later.pullSecret.collect(new Set(mayList ? [] : [name]), true, signal);
      await clock.advance(11 * minute);
      await later.pullSecret.collect(new Set(), true, signal);
      expect(api.raw(name)).to.be.undefined;
    });
  }

  it('replaces that of the whole file, and never touches what is not ours', async () => {
    const all = runner({ scope: 'all' });
    await all.pullSecret.start();
    all.pullSecret.close();
    const foreign = `${secretName}-0123456789`;
    api.put(foreign, { type: 'Opaque', data: {} });
    const made = runner();
    await made.pullSecret.collect(new Set([foreign]), true, signal);
    await clock.advance(11 * minute);
    await made.pullSecret.collect(new Set(), true, signal);
    expect(api.raw(secretName)).to.be.undefined;
    expect(api.raw(foreign)).not.to.be.undefined;
  });
});
