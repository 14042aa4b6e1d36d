import { expect } from 'chai';

import type { JsonObject } from '../../../src/core/json.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { objectAt } from '../../../src/kubernetes/object-meta.ts';
import { refused } from '../../core/mounted-text.ts';
import { dockerConfigJson } from '../../support/mounted-secret.ts';
import type { MemoryApi } from '../memory-api.ts';
import type { SteppedClock } from '../stepped-clock.ts';
import { type RunnerDouble, Runners, secretName, secretOf, startMs } from './runner-double.ts';

const one = dockerConfigJson({ 'a.io': 'ada:one-hunter2' });
const two = dockerConfigJson({ 'a.io': 'ada:two-hunter2' });
const signal = new AbortController().signal;
const image = parseReference('a.io/x:1');

describe('pull secret that is there already:', () => {
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

  it('that is not ours stays as it is, with an error that names --adopt-pull-secret, once', async () => {
    const made = runner();
    api.put(secretName, secretOf(two));
    await made.pullSecret.start();
    await clock.advance(30_000);
    expect((await made.pullSecret.choose([image])).name, 'pods that run go on').to.equal(secretName);
    const error = await refused(made.pullSecret.ensure([image], signal));
    expect(error.code).to.equal('PULL_SECRET');
    expect(`${error.message} ${String(error.details.hint)}`).to.match(
      /porch-fn-system\/auth-secret.*--adopt-pull-secret/,
    );
    expect(api.writes).to.deep.equal([]);
    expect(runners.content()).to.equal(two);
    expect(made.lines.filter((line) => line.includes('--adopt-pull-secret'))).to.have.length(1);
  });

  it('that is not ours is taken over when told to, with what others have put there', async () => {
    api.put(secretName, secretOf(two, { metadata: { labels: { team: 'a' }, annotations: { note: 'b' } } }));
    await runner({ adopt: true }).pullSecret.start();
    expect(runners.content()).to.equal(one);
    expect(objectAt(metadata(), 'labels')['team']).to.equal('a');
    expect(objectAt(metadata(), 'annotations')['note']).to.equal('b');
  });

  it('that is not ours is taken over when it holds the same', async () => {
    api.put(secretName, secretOf(one));
    const { pullSecret, source } = runner();
    await pullSecret.start();
    source.set(two, startMs);
    await clock.advance(1000);
    expect(runners.content()).to.equal(two);
  });

  for (const [writer, isAdopted] of Object.entries({ server: true, 'kubectl-create': false })) {
    it(`that ${writer} wrote is ${isAdopted ? 'taken over' : 'left'}`, async () => {
      const fieldsV1 = { 'f:data': { '.': {}, 'f:.dockerconfigjson': {} }, 'f:type': {} };
      const managedFields = [
        { manager: 'server', operation: 'Update', fieldsV1: { 'f:metadata': {} } },
        { manager: writer, operation: 'Update', fieldsV1 },
      ];
      api.put(secretName, secretOf(two, { metadata: { managedFields } }));
      await runner().pullSecret.start();
      expect(runners.content()).to.equal(isAdopted ? one : two);
    });
  }

  it('of another type is an error that says so, also when told to take it over', async () => {
    api.put(secretName, { type: 'Opaque', data: {} });
    const { pullSecret } = runner({ adopt: true });
    await pullSecret.start();
    const error = await refused(pullSecret.ensure([image], signal));
    expect(error.code).to.equal('PULL_SECRET');
    expect(error.message).to.match(/of type "Opaque".*has to be of type kubernetes.io\/dockerconfigjson/);
    expect(api.writes).to.deep.equal([]);
  });
});
