import { expect } from 'chai';

import { parseReference } from '../../../src/image/reference.ts';
import { refused } from '../../core/mounted-text.ts';
import { dockerConfigJson } from '../../support/mounted-secret.ts';
import { type MemoryApi, refusal } from '../memory-api.ts';
import type { SteppedClock } from '../stepped-clock.ts';
import { type RunnerDouble, Runners, secretName, secretOf, startMs } from './runner-double.ts';

const one = dockerConfigJson({ 'a.io': 'ada:one-hunter2' });
const two = dockerConfigJson({ 'a.io': 'ada:two-hunter2' });
const signal = new AbortController().signal;
const image = parseReference('a.io/x:1');

describe('pull secret that others write too', () => {
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

  const runner = (options?: Parameters<Runners['add']>[0]): RunnerDouble => {
    const made = runners.add(options);
    made.source.set(one, startMs - 5000);
    return made;
  };

  it('is looked at again when another runner created it first', async () => {
    const made = runner();
    api.before = ({ verb }) => {
      if (verb === 'create') api.put(secretName, secretOf(one));
    };
    for (const store of made.stores) store.isBlind = true;
    await made.pullSecret.ensure([image], signal);
    expect(api.seen.map(({ verb }) => verb)).to.deep.equal(['list', 'create', 'get', 'update']);
    expect(made.outcomes).to.deep.equal(['pull_secret_writes overtaken', 'pull_secret_writes adopted']);
  });

  for (const [title, meddle] of Object.entries<(name: string) => void>({
    'changed it': () => {
      runners.edit((raw) => ({ ...raw, data: { '.dockerconfigjson': 'e30=' } }));
    },
    'deleted it': () => {
      api.put(secretName, undefined);
    },
  })) {
    it(`is looked at again when somebody ${title} at the same time`, async () => {
      const { pullSecret, source, stores, lines } = runner();
      await pullSecret.start();
      await clock.advance(1000);
      for (const store of stores) store.isBlind = true;
      source.set(two, startMs);
      let times = 0;
      api.before = ({ verb, name }) => {
        if (verb === 'update' && times++ < 3) meddle(name);
      };
      await pullSecret.ensure([image], signal);
      expect(runners.content()).to.equal(two);
      expect(lines.filter((line) => line.startsWith('error'))).to.deep.equal([]);
    });
  }

  it('is given up for this time when others write it again and again', async () => {
    const { pullSecret } = runner();
    api.before = ({ verb }) => {
      if (verb === 'create' || verb === 'update') api.put(secretName, secretOf(one));
    };
    expect((await refused(pullSecret.ensure([image], signal))).code).to.equal('CLUSTER_REFUSED');
    expect(api.writes.length).to.be.within(2, 10);
    api.before = () => undefined;
    await pullSecret.ensure([image], signal);
    expect(runners.content()).to.equal(one);
  });

  it('is tried again, ever more slowly and with one line, while the API server is away', async () => {
    const made = runner();
    api.before = () => {
      throw refusal(503, 'ServiceUnavailable');
    };
    await made.pullSecret.start();
    await clock.advance(300_000);
    expect(api.seen.length).to.be.within(5, 20);
    expect((await refused(made.pullSecret.ensure([image], signal))).code).to.equal('CLUSTER_UNAVAILABLE');
    api.before = () => undefined;
    await clock.advance(61_000);
    expect(runners.content()).to.equal(one);
    expect(made.lines.map((line) => line.split(' ')[0])).to.deep.equal(['error', 'info', 'info']);
  });

  it('that is there with older content fails no call while the API server is away, nor asks it in each', async () => {
    const made = runner();
    await made.pullSecret.start();
    made.source.set(two, startMs);
    api.before = () => {
      throw refusal(503, 'ServiceUnavailable');
    };
    const before = api.seen.length;
    for (let call = 0; call < 20; call += 1) {
      await made.pullSecret.ensure([image], signal);
    }
    expect(api.seen.length - before).to.be.at.most(2);
    api.before = () => undefined;
    await clock.advance(5000);
    expect(runners.content()).to.equal(two);
  });

  it('is waited for no longer than the caller does', async () => {
    const made = runner({ isStuck: true });
    const caller = new AbortController();
    const ensured = refused(made.pullSecret.ensure([image], caller.signal));
    await clock.settle();
    caller.abort();
    expect((await ensured).code).to.equal('CANCELLED');
  });

  it('is not fought over at full speed', async () => {
    await runner().pullSecret.start();
    api.onChange((name) => {
      if (runners.content() === one) api.put(name, secretOf('{}', { metadata: api.raw(name)?.['metadata'] }));
    });
    runners.edit((raw) => raw);
    await clock.advance(10_000);
    expect(api.writes.length).to.be.within(5, 12);
  });

  it('is not fought over at the speed of the pods that need it', async () => {
    const { pullSecret } = runner();
    await pullSecret.start();
    api.onChange((name) => {
      if (runners.content() === one) api.put(name, secretOf('{}', { metadata: api.raw(name)?.['metadata'] }));
    });
    runners.edit((raw) => raw);
    for (let call = 0; call < 50; call += 1) await pullSecret.ensure([image], signal);
    expect(api.writes.length).to.be.at.most(3);
  });

  it('that the Role forbids is asked for no faster, whatever the number of pods that need it', async () => {
    const { pullSecret } = runner();
    api.before = ({ verb }) => {
      if (verb === 'create') throw refusal(403, 'Forbidden');
    };
    await pullSecret.start();
    for (let call = 0; call < 50; call += 1) {
      expect((await refused(pullSecret.ensure([image], signal))).code).to.equal('CLUSTER_DENIED');
    }
    expect(api.seen.filter(({ verb }) => verb === 'create')).to.have.length(1);
    api.before = () => undefined;
    await clock.advance(61_000);
    await pullSecret.ensure([image], signal);
    expect(runners.content()).to.equal(one);
  });
});
