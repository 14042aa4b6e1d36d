import { expect } from 'chai';
import { setTimeout as wait } from 'node:timers/promises';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import type { ConfigMap } from '../../src/kubernetes/resources.ts';
import { configMaps } from '../../src/kubernetes/resources.ts';
import { defaultTiming } from '../../src/kubernetes/watch/watch-run.ts';
import { WatchedStore } from '../../src/kubernetes/watched-store.ts';
import { apiErrorOf } from '../support/api-behaviour/api-error-of.ts';
import { configMapBody } from '../support/api-behaviour/bodies.ts';
import { seenChanges } from '../support/api-behaviour/seen-changes.ts';
import { until } from '../support/api-behaviour/until.ts';
import { type ApiDouble, startApiDouble } from '../support/api-double/api-double.ts';
import { sendJson, startServer } from '../support/http-server.ts';
import { NotedCounters, NotedLog } from './noted.ts';

const resource = configMaps('functions');
const lost = 'warn lost sight of the cluster; keeping the last known state';

describe('WatchedStore', () => {
  let double: ApiDouble;
  let api: ApiClient;
  let counters: NotedCounters;
  let log: NotedLog;
  let stores: WatchedStore<ConfigMap>[];
  let signal: AbortSignal;

  const open = async (timing = defaultTiming): Promise<WatchedStore<ConfigMap>> => {
    const store = new WatchedStore({ api, resource, log, counters, random: () => 0, timing });
    stores.push(store);
    await store.start();
    await until(() => double.watches().length === 1, signal);
    return store;
  };
  const make = async (name: string): Promise<ConfigMap> => api.create(resource, configMapBody(name, {}), signal);
  const restarts = (reason: string): number => counters.count(`watch_restarts configmaps ${reason}`);

  beforeEach(async () => {
    double = await startApiDouble();
    [counters, log, stores] = [new NotedCounters(), new NotedLog(), []];
    api = new ApiClient({ access: double.access(), log, counters });
    signal = AbortSignal.timeout(8000);
  });

  afterEach(async () => {
    for (const store of stores) store.close();
    await api.close();
    await double.stop();
  });

  it('goes on from the last version, without a new list, after the server has ended the watch', async () => {
    const store = await open();
    await make('one');
    await until(() => store.get('one') !== undefined, signal);
    for (const watch of double.watches()) watch.end();
    await make('two');
    await until(() => store.get('two') !== undefined, signal);
    expect(double.counts()).to.deep.equal({ 'list configmaps': 1, 'watch configmaps': 2, 'create configmaps': 2 });
    const versions = double.requests
      .filter(({ verb }) => verb === 'watch')
      .map(({ query }) => query['resourceVersion']);
    expect(versions[1]).to.equal(store.get('one')?.metadata.resourceVersion);
    expect(log.alarms).to.deep.equal([]);
  });

  it('goes on from a bookmark, so that a quiet resource needs no new list', async () => {
    await open();
    await api.create(configMaps('other'), configMapBody('elsewhere', {}), signal);
    double.bookmark();
    for (const watch of double.watches()) watch.end();
    await until(() => double.counts()['watch configmaps'] === 2, signal);
    const [, second] = double.requests.filter(({ verb }) => verb === 'watch');
    const [elsewhere] = (await api.list(configMaps('other'), {}, signal)).items;
    expect(second?.query['resourceVersion']).to.equal(elsewhere?.metadata.resourceVersion);
    expect(second?.query).to.include({ allowWatchBookmarks: 'true', timeoutSeconds: '300' });
  });

  for (const how of ['stream', 'http'] as const) {
    it(`lists again when its version is forgotten, told by ${how}, and sees what was deleted meanwhile`, async () => {
      await make('goes');
      await make('stays');
      const store = await open();
      const seen = seenChanges(store);
      double.fault({ verb: 'watch', effect: { kind: 'delay', ms: 100 } });
      for (const watch of double.watches()) watch.end();
      await until(() => double.counts()['watch configmaps'] === 2, signal);
      await api.delete(resource, 'goes', {}, signal);
      double.expire(how);
      await until(() => seen.length === 1, signal);
      expect(seen).to.deep.equal(['deleted goes']);
      expect(store.list().map(({ metadata }) => metadata.name)).to.deep.equal(['stays']);
      expect(restarts('expired')).to.equal(1);
      expect(double.counts()['list configmaps']).to.equal(2);
    });
  }

  it('keeps the last state while the API server is away, says so once, and comes back by itself', async () => {
    await make('kept');
    const store = await open();
    double.fault({ verb: 'watch', times: 3, effect: { kind: 'status', code: 503 } });
    for (const watch of double.watches()) watch.cut();
    await until(() => restarts('failed') === 4, signal);
    expect(store.get('kept')?.metadata.name).to.equal('kept');
    await make('new');
    await until(() => store.get('new') !== undefined, signal);
    expect(log.alarms).to.deep.equal([lost]);
    expect(log.lines.filter((line) => line.startsWith('info in sight of the cluster again'))).to.have.length(1);
    expect(double.counts()['list configmaps']).to.equal(1);
  });

  const malformed: readonly (readonly [string, string])[] = [
    ['no JSON', 'oops\n'],
    ['no event', '{"type":"ADDED"}\n'],
    ['an object without a name', '{"type":"ADDED","object":{"metadata":{"resourceVersion":"5"}}}\n'],
    ['longer than any object', `${'x'.repeat(9 * 1024 * 1024)}\n`],
  ];
  for (const [title, line] of malformed) {
    it(`lists again after a line that is ${title}, for it may have missed something`, async () => {
      const store = await open();
      for (const watch of double.watches()) watch.writeRaw(line);
      await until(() => double.counts()['watch configmaps'] === 2, signal);
      await make('new');
      await until(() => store.get('new') !== undefined, signal);
      expect(restarts('malformed')).to.equal(1);
      expect(double.counts()['list configmaps']).to.equal(2);
      expect(log.alarms).to.deep.equal([lost]);
    });
  }

  it('opens a watch anew that is silent after it has sent bookmarks', async () => {
    const store = await open({ ...defaultTiming, quietMs: 60 });
    double.bookmark();
    await until(() => restarts('quiet') === 1, signal);
    await make('new');
    await until(() => store.get('new') !== undefined, signal);
    expect(double.counts()['list configmaps']).to.equal(1);
  });

  it('opens a watch anew that does not end when it should', async () => {
    double.fault({ verb: 'watch', effect: { kind: 'delay', ms: 20 } });
    await open({ minWatchSeconds: 30, endGraceMs: -29_900, quietMs: 50 });
    await until(() => restarts('quiet') === 1, signal);
  });

  it('leaves a watch alone that is silent on a server that sends no bookmarks', async () => {
    await open({ ...defaultTiming, quietMs: 20 });
    await wait(150);
    expect(double.counts()['watch configmaps']).to.equal(1);
  });

  it('lists every few seconds where watching is refused', async () => {
    const message = 'User "runner" cannot watch resource "configmaps"';
    double.fault({ verb: 'watch', times: 2, effect: { kind: 'status', code: 403, reason: 'Forbidden', message } });
    const store = new WatchedStore({ api, resource, log, counters, random: () => 0 });
    stores.push(store);
    await store.start();
    await make('new');
    await until(() => store.get('new') !== undefined, signal);
    await until(() => double.counts()['watch configmaps'] === 3, signal);
    expect(double.counts()['list configmaps']).to.equal(3);
    expect(log.lines.find((line) => line.startsWith(lost))).to.include('Allow the verb \\"watch\\" on configmaps');
  });

  it('does not ask at full speed who ends each watch with what is known already', async () => {
    const object = configMapBody('one', {});
    const metadata = { name: 'one', namespace: 'functions', uid: 'u', resourceVersion: '7' };
    const event = JSON.stringify({ type: 'ADDED', object: { ...object, metadata } });
    const server = await startServer(({ target }, response) => {
      if (target.includes('watch=true')) response.writeHead(200).end(`${event}\n`);
      else sendJson(response, 200, { metadata: { resourceVersion: '7' }, items: [{ ...object, metadata }] });
    });
    const own = new ApiClient({ access: { ...double.access(), server: new URL(server.url) }, log, counters });
    const store = new WatchedStore({ api: own, resource, log, counters, random: () => 0 });
    await store.start();
    await wait(1000);
    store.close();
    await own.close();
    await server.stop();
    expect(server.requests.length).to.be.within(3, 8);
  });

  it('waits for the first list while the API server is away', async () => {
    double.fault({ verb: 'list', times: 2, effect: { kind: 'status', code: 503 } });
    await make('one');
    expect((await open()).list()).to.have.length(1);
  });

  it('does not start without the right to list, and can be started again', async () => {
    double.fault({ verb: 'list', effect: { kind: 'status', code: 403, reason: 'Forbidden' } });
    const store = new WatchedStore({ api, resource, log, counters });
    stores.push(store);
    expect(await apiErrorOf(store.start())).to.include({ code: 'CLUSTER_DENIED', status: 403 });
    await store.start();
    expect(double.counts()['list configmaps']).to.equal(2);
  });

  it('ends its watch when it is closed', async () => {
    const store = await open();
    store.close();
    await until(() => double.watches().length === 0, signal);
    expect(log.alarms).to.deep.equal([]);
    expect(counters.seen.filter((line) => line.startsWith('watch_restarts'))).to.deep.equal([]);
  });

  it('goes on when a listener fails', async () => {
    const store = await open();
    store.subscribe(() => {
      throw new Error('of a listener');
    });
    const seen = seenChanges(store);
    await make('one');
    await until(() => seen.length === 1, signal);
    expect(log.alarms).to.deep.equal(['error a listener of a store failed']);
  });
});
