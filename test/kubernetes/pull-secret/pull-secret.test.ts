import { expect } from 'chai';

import type { JsonObject } from '../../../src/core/json.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { objectAt, textAt } from '../../../src/kubernetes/object-meta.ts';
import { dockerConfigJson } from '../../support/mounted-secret.ts';
import type { MemoryApi } from '../memory-api.ts';
import type { SteppedClock } from '../stepped-clock.ts';
import { type RunnerDouble, Runners, secretName, secretOf, startMs } from './runner-double.ts';

const one = dockerConfigJson({ 'a.io': 'ada:one-hunter2' });
const two = dockerConfigJson({ 'a.io': 'ada:two-hunter2' });
const signal = new AbortController().signal;
const image = parseReference('a.io/x:1');

describe('pull secret', () => {
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
  const metadata = (): JsonObject => objectAt(api.raw(secretName) ?? {}, 'metadata');

  it('is there when the runner has started, in the type that kubelets take, and marked', async () => {
    await runner().pullSecret.start();
    expect(api.writes).to.deep.equal([`create ${secretName}`]);
    expect(runners.content()).to.equal(one);
    expect(api.raw(secretName)?.['type']).to.equal('kubernetes.io/dockerconfigjson');
    expect(metadata()['labels']).to.deep.equal({ 'app.kubernetes.io/managed-by': 'krm-function-runner' });
    expect(textAt(objectAt(metadata(), 'annotations'), 'fn.kpt.dev/source-swapped-at-ms')).to.equal(
      String(startMs - 5000),
    );
    expect(textAt(objectAt(metadata(), 'annotations'), 'fn.kpt.dev/source-hash')).to.match(/^[0-9a-f]{64}$/);
  });

  it('costs no request while nothing changes, neither in time nor by calls', async () => {
    const { pullSecret } = runner();
    await pullSecret.start();
    const before = api.seen.length;
    await clock.advance(60_000);
    expect(await pullSecret.choose([image])).to.deep.equal({ name: secretName, scopeKey: '', warnings: [] });
    await pullSecret.ensure([image], signal);
    expect(api.seen.length).to.equal(before);
  });

  it('is there before a pod that needs it, also when nothing else has written it yet', async () => {
    await runner().pullSecret.ensure([image], signal);
    expect(runners.content()).to.equal(one);
  });

  it('is written once for calls at the same time', async () => {
    const { pullSecret } = runner();
    await Promise.all([1, 2, 3].map(async () => pullSecret.ensure([image], signal)));
    expect(api.writes).to.deep.equal([`create ${secretName}`]);
  });

  it('is nothing while there is no source', async () => {
    const made = runners.add();
    await made.pullSecret.start();
    expect(await made.pullSecret.choose([image])).to.deep.equal({ name: undefined, scopeKey: '', warnings: [] });
    await made.pullSecret.ensure([image], signal);
    made.source.set(one, startMs);
    await clock.advance(1000);
    expect(runners.content()).to.equal(one);
  });

  it('follows its source within five seconds', async () => {
    const { pullSecret, source } = runner();
    await pullSecret.start();
    source.set(two, startMs + 1);
    await clock.advance(5000);
    expect(runners.content()).to.equal(two);
    expect(api.writes).to.deep.equal([`create ${secretName}`, `update ${secretName}`]);
  });

  it('is written once when another runner is fed 60 s late, and never goes back', async () => {
    const [fast, late] = [runner(), runner()];
    await fast.pullSecret.start();
    await late.pullSecret.start();
    await clock.advance(10_000);
    const contents = new Set<string>();
    const note = (): void => {
      contents.add(runners.content());
    };
    fast.source.set(two, clock.now());
    await clock.advance(5000);
    api.onChange(note);
    note();
    for (let second = 5; second < 60; second += 1) {
      await clock.advance(1000);
      await late.pullSecret.ensure([image], signal);
    }
    late.source.set(two, clock.now());
    await clock.advance(60_000);
    expect(api.writes).to.deep.equal([`create ${secretName}`, `update ${secretName}`]);
    expect([...contents]).to.deep.equal([two]);
  });

  it('is not repaired with older content by a runner that is fed late', async () => {
    const [fast, late] = [runner(), runner()];
    await fast.pullSecret.start();
    await late.pullSecret.start();
    fast.source.set(two, startMs);
    await clock.advance(2000);
    fast.pullSecret.close();
    runners.edit((raw) => ({ ...raw, data: { '.dockerconfigjson': '' } }));
    await clock.advance(5000);
    api.put(secretName, undefined);
    await clock.advance(60_000);
    expect(api.raw(secretName)).to.be.undefined;
    late.source.set(two, clock.now());
    await clock.advance(1000);
    expect(runners.content()).to.equal(two);
  });

  it('comes back with older content when nobody has newer for two minutes, or a pod needs it', async () => {
    const [fast, late] = [runner(), runner()];
    await fast.pullSecret.start();
    await late.pullSecret.start();
    fast.source.set(two, startMs);
    await clock.advance(2000);
    fast.pullSecret.close();
    api.put(secretName, undefined);
    await clock.advance(125_000);
    expect(runners.content()).to.equal(one);
    api.put(secretName, undefined);
    await late.pullSecret.ensure([image], signal);
    expect(runners.content()).to.equal(one);
  });

  for (const [title, change] of Object.entries<(raw: JsonObject) => JsonObject>({
    'its data': (raw) => ({ ...raw, data: { '.dockerconfigjson': 'e30=' } }),
    'all of its data': ({ data: _data, ...raw }) => raw,
    'its labels': (raw) => ({ ...raw, metadata: { ...objectAt(raw, 'metadata'), labels: {} } }),
    'all its marks': (raw) => ({ ...secretOf('{}'), metadata: { uid: objectAt(raw, 'metadata')['uid'] } }),
  })) {
    it(`is repaired when somebody changes ${title}`, async () => {
      const { pullSecret, lines } = runner();
      await pullSecret.start();
      runners.edit(change);
      await clock.advance(1000);
      expect(runners.content()).to.equal(one);
      expect(metadata()['labels']).to.deep.equal({ 'app.kubernetes.io/managed-by': 'krm-function-runner' });
      expect(lines.filter((line) => line.startsWith('warn'))).to.have.length(1);
    });
  }

  it('is created again when somebody deletes it', async () => {
    await runner().pullSecret.start();
    api.put(secretName, undefined);
    await clock.advance(1000);
    expect(runners.content()).to.equal(one);
  });

  it('keeps nothing secret in what is logged', async () => {
    const { pullSecret, source, lines } = runner();
    await pullSecret.start();
    source.set(two, startMs);
    await clock.advance(1000);
    runners.edit((raw) => ({ ...raw, data: { '.dockerconfigjson': 'e30=' } }));
    await clock.advance(1000);
    expect(lines.length).to.be.at.least(3);
    for (const secret of [
      'hunter2',
      Buffer.from('ada:two-hunter2').toString('base64'),
      Buffer.from(two).toString('base64'),
    ]) {
      expect(lines.join('\n')).not.to.include(secret);
    }
  });

  it('says which image the node cannot pull', async () => {
    const { pullSecret, source } = runner();
    source.set(JSON.stringify({ auths: { 'a.io': { identitytoken: 'secret' } } }), startMs);
    const { warnings } = await pullSecret.choose([image, parseReference('b.io/x')]);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^a\.io\/x: the node has no credentials.*identity token/);
  });
});
