import { expect } from 'chai';

import type { JsonObject } from '../../../src/core/json.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { objectAt } from '../../../src/kubernetes/object-meta.ts';
import { refused } from '../../core/mounted-text.ts';
import { MemoryApi, refusal } from '../memory-api.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { ConfigRunner, rawConfig } from './config-double.ts';

const finalizer = 'config.porch.kpt.dev/functionconfig-function-runner';
const other = 'config.porch.kpt.dev/functionconfig-porch-server';
const good = { image: 'fn', podExecutor: { maxParallelExecutions: 2 } };
const bad = { image: 'fn', podExecutor: { maxParallelExecutions: 'many' } };
const problem = 'function-runner: spec.podExecutor.maxParallelExecutions is not a whole number from 0 up';
const image = parseReference('a.io/fn:v1');

describe('FunctionConfigs', () => {
  let api: MemoryApi;
  let clock: SteppedClock;
  let runners: ConfigRunner[];

  beforeEach(() => {
    api = new MemoryApi();
    clock = new SteppedClock(1_800_000_000_000);
    runners = [];
  });

  afterEach(() => {
    for (const { configs } of runners) configs.close();
  });

  const start = async (): Promise<ConfigRunner> => {
    const runner = new ConfigRunner(api, clock);
    runners.push(runner);
    await runner.configs.start();
    await clock.settle();
    return runner;
  };
  const put = async (spec: JsonObject, metadata: JsonObject = {}, status: JsonObject = {}): Promise<void> => {
    api.put('fn', { ...rawConfig(spec, metadata), status });
    await clock.settle();
  };
  const metadata = (): JsonObject => objectAt(api.raw('fn') ?? {}, 'metadata');
  const status = (): JsonObject => objectAt(api.raw('fn') ?? {}, 'status');

  it('are held by a finalizer on sight and told which generation counts', async () => {
    await put(good, { generation: 3, finalizers: [other] });
    const { configs } = await start();
    expect(metadata()['finalizers']).to.deep.equal([other, finalizer]);
    expect(status()).to.deep.equal({ functionRunnerObservedGeneration: 3 });
    expect(configs.find(image)?.pod?.maxPods).to.equal(2);
  });

  it('count with their annotations at once, which have no generation', async () => {
    const { configs } = await start();
    await put(good, { finalizers: [finalizer], annotations: { 'fn.kpt.dev/pull-secrets': 'one' } });
    expect(configs.find(image)?.pod?.pullSecrets).to.deep.equal(['one']);
    await put(good, {
      finalizers: [finalizer],
      annotations: { 'fn.kpt.dev/pull-secrets': 'two', 'fn.kpt.dev/image-pull-policy': 'Always' },
    });
    expect(configs.find(image)?.pod).to.deep.include({ pullSecrets: ['two'], imagePullPolicy: 'Always' });
    await put(good, { finalizers: [finalizer], annotations: { 'fn.kpt.dev/image-pull-policy': 'Often' } });
    expect(configs.find(image)?.pod, 'the last good one').to.deep.include({ imagePullPolicy: 'Always' });
    expect(status()['error']).to.match(/^function-runner: annotation fn\.kpt\.dev\/image-pull-policy is none of /);
    await put(good);
    expect(configs.find(image)?.pod).not.to.have.any.keys('pullSecrets', 'imagePullPolicy');
  });

  it('cost no request while nothing changes', async () => {
    await put(good);
    const runner = await start();
    await start();
    const before = api.seen.length;
    await clock.advance(300_000);
    runner.configs.find(image);
    expect(api.seen.length).to.equal(before);
    expect(api.writes).to.have.length(2);
  });

  it('come, change and go, and tell who listens', async () => {
    const { configs } = await start();
    let changes = 0;
    configs.subscribe(() => {
      changes += 1;
    });
    await put(good);
    expect(configs.find(image)?.generation).to.equal(1);
    await put({ ...good, podExecutor: { maxParallelExecutions: 5 } }, { generation: 2 });
    expect(configs.find(image)?.pod?.maxPods).to.equal(5);
    api.put('fn', undefined);
    expect(configs.find(image)).to.be.undefined;
    expect(changes).to.equal(3);
  });

  it('give the same object while only the status changes', async () => {
    await put(good);
    const { configs } = await start();
    const before = configs.find(image);
    await put(
      good,
      { finalizers: [finalizer] },
      { functionRunnerObservedGeneration: 1, apiServerObservedGeneration: 1 },
    );
    expect(configs.find(image)).to.equal(before);
  });

  for (const [title, finalizers] of [
    ['alone', [finalizer]],
    ['beside another', [other, finalizer]],
  ] as const) {
    it(`are let go when they are deleted, ${title}`, async () => {
      await put(good, { finalizers });
      const { configs } = await start();
      await put(good, { finalizers, deletionTimestamp: '2026-01-01T00:00:00Z' });
      expect(configs.find(image)).to.be.undefined;
      expect(metadata()['finalizers']).to.deep.equal(finalizers.length === 1 ? undefined : [other]);
    });
  }

  it('are let go when they were deleted while no runner was there', async () => {
    await put(good, { finalizers: [finalizer], deletionTimestamp: '2026-01-01T00:00:00Z' });
    const { configs } = await start();
    expect(api.raw('fn')).to.be.undefined;
    expect(configs.list()).to.deep.equal([]);
    expect(api.writes).to.have.length(1);
  });

  it('that are malformed are an error in status and log, and the generation before still counts', async () => {
    await put(good);
    const { configs, lines } = await start();
    await put(bad, { generation: 2, finalizers: [finalizer] }, status());
    expect(status()).to.deep.equal({ functionRunnerObservedGeneration: 1, error: problem });
    expect(configs.find(image)?.generation).to.equal(1);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^error a FunctionConfig is malformed.*"fn".*maxParallelExecutions/);
    await put(good, { generation: 3, finalizers: [finalizer] }, status());
    expect(status()).to.deep.equal({ functionRunnerObservedGeneration: 3 });
    expect(configs.find(image)?.generation).to.equal(3);
  });

  it('that were never good do not count, and leave others alone', async () => {
    api.put('other', rawConfig({ image: 'other', podExecutor: {} }, { name: 'other', uid: 'uid-other' }));
    await put(bad);
    const { configs } = await start();
    expect(configs.find(image)).to.be.undefined;
    expect(configs.list().map(({ name }) => name)).to.deep.equal(['other']);
    expect(status()).to.deep.equal({ error: problem });
  });

  it('keep the error of another part of Porch', async () => {
    await put(good, { finalizers: [finalizer] }, { error: 'porch-server has a problem' });
    await start();
    expect(status()).to.deep.equal({ functionRunnerObservedGeneration: 1, error: 'porch-server has a problem' });
  });

  it('are not fought over when somebody takes the status back', async () => {
    await put(bad);
    await start();
    await start();
    for (let round = 0; round < 5; round += 1) {
      await put(bad, { finalizers: [finalizer] }, { error: 'somebody else says so' });
      await clock.advance(5000);
    }
    expect(api.writes.length).to.be.at.most(4);
    expect(status()['error']).to.equal('somebody else says so');
  });

  it('are not fought over when somebody takes the finalizer off at once', async () => {
    const runner = await start();
    runner.store.subscribe(({ object }) => {
      if (object.metadata.finalizers.length > 0) api.put('fn', rawConfig(good));
    });
    await put(good);
    await clock.advance(60_000);
    expect(api.writes.length).to.be.within(2, 10);
  });

  it('are looked after once by two runners that see them at once', async () => {
    await Promise.all([start(), start()]);
    await put(good);
    await clock.advance(5000);
    expect(metadata()['finalizers']).to.deep.equal([finalizer]);
    expect(status()).to.deep.equal({ functionRunnerObservedGeneration: 1 });
    expect(runners.flatMap(({ lines }) => lines)).to.deep.equal([]);
  });

  it('keep finalizers that another adds at the same time', async () => {
    let meddled = false;
    api.before = ({ verb }) => {
      if (verb !== 'patch' || meddled) return;
      meddled = true;
      api.put('fn', rawConfig(good, { finalizers: [other] }));
    };
    await put(good);
    await start();
    await clock.advance(2000);
    expect(metadata()['finalizers']).to.deep.equal([other, finalizer]);
  });

  it('are tried again, with one line, when the API server refuses', async () => {
    api.before = ({ verb }) => {
      if (verb === 'patch') throw refusal(403, 'Forbidden');
    };
    await put(good);
    const { lines, configs } = await start();
    await clock.advance(120_000);
    expect(lines).to.have.length(1);
    expect(configs.find(image)).not.to.be.undefined;
    api.before = () => undefined;
    await clock.advance(31_000);
    expect(status()).to.deep.equal({ functionRunnerObservedGeneration: 1 });
  });

  it('that the Role forbids to look after cost a request and a line now and then, however many there are', async () => {
    api.before = ({ verb }) => {
      if (verb === 'patch') throw refusal(403, 'Forbidden');
    };
    for (let index = 0; index < 200; index += 1) {
      const name = `fn-${String(index)}`;
      api.put(name, rawConfig(good, { name, uid: `uid-${name}` }));
    }
    const { lines } = await start();
    await clock.advance(120_000);
    expect(api.seen.filter(({ verb }) => verb === 'patch').length).to.be.within(2, 10);
    expect(lines).to.have.length(1);
    api.before = () => undefined;
    await clock.advance(31_000);
    expect(objectAt(api.raw('fn-199') ?? {}, 'status')).to.deep.equal({ functionRunnerObservedGeneration: 1 });
  });

  for (const code of [404, 403]) {
    it(`are none while the API server answers ${String(code)} to the list, and are there once it does not`, async () => {
      api.before = () => {
        throw refusal(code, 'NotFound');
      };
      const { configs, lines } = await start();
      expect(configs.list()).to.deep.equal([]);
      await clock.advance(200_000);
      expect(lines).to.have.length(1);
      api.before = () => undefined;
      await put(good);
      await clock.advance(61_000);
      expect(configs.find(image)).not.to.be.undefined;
      expect(status()).to.deep.equal({ functionRunnerObservedGeneration: 1 });
    });
  }

  it('are an error while the API server is away', async () => {
    api.before = () => {
      throw refusal(503, 'ServiceUnavailable');
    };
    expect((await refused(start())).code).to.equal('CLUSTER_UNAVAILABLE');
  });
});
