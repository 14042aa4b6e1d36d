import { expect } from 'chai';
import { type Counters, noCounters } from '../../../src/core/counters.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { WatchOptions } from '../../../src/kubernetes/api-client.ts';
import { ApiError } from '../../../src/kubernetes/api-error.ts';
import { configMaps, pods } from '../../../src/kubernetes/resources.ts';
import { type WatchEvent, watchEvents } from '../../../src/kubernetes/watch/watch-lines.ts';
import { WatchedStore } from '../../../src/kubernetes/watched-store.ts';
import type { ApiUnderTest, Behaviour } from './api-under-test.ts';
import { configMapBody, podBody } from './bodies.ts';
import { seenChanges } from './seen-changes.ts';
import { until } from './until.ts';

const quiet = { log: silentLog, counters: noCounters };

export const watchBehaviours: readonly Behaviour[] = [
  {
    title: 'tells a watching store of what is made, changed and deleted, in order',
    show: async ({ api, namespace }, signal) => {
      const resource = configMaps(namespace);
      await api.create(resource, configMapBody('before', {}), signal);
      const store = new WatchedStore({ api, resource, ...quiet });
      await store.start();
      const seen = seenChanges(store);
      expect(store.get('before')?.metadata.name).to.equal('before');
      await api.create(resource, configMapBody('new', { a: '1' }), signal);
      await api.patch(resource, 'new', { data: { a: '2' } }, { type: 'merge' }, signal);
      await api.delete(resource, 'before', {}, signal);
      await api.delete(resource, 'new', {}, signal);
      await until(() => seen.length === 4, signal);
      store.close();
      expect(seen).to.deep.equal(['added new', 'modified new', 'deleted before', 'deleted new']);
      expect(store.get('before')).to.equal(undefined);
    },
  },
  {
    title: 'tells of an object that no longer fits the label selector as deleted, and of one that does as added',
    show: async ({ api, namespace }, signal) => {
      const resource = pods(namespace);
      const store = new WatchedStore({ api, resource, labelSelector: 'app=a', ...quiet });
      await store.start();
      const seen = seenChanges(store);
      await api.create(resource, podBody('one', { app: 'a' }), signal);
      await api.create(resource, podBody('two', { app: 'b' }), signal);
      await api.patch(resource, 'one', { metadata: { labels: { app: 'b' } } }, { type: 'merge' }, signal);
      await api.patch(resource, 'two', { metadata: { labels: { app: 'a' } } }, { type: 'merge' }, signal);
      await until(() => seen.length === 3, signal);
      store.close();
      expect(seen).to.deep.equal(['added one', 'deleted one', 'added two']);
    },
  },
  {
    title: 'takes what we wrote at once, and tells it only once',
    show: async ({ api, namespace }, signal) => {
      const resource = configMaps(namespace);
      const store = new WatchedStore({ api, resource, ...quiet });
      await store.start();
      const seen = seenChanges(store);
      store.accept(await api.create(resource, configMapBody('mine', {}), signal));
      expect(store.list()).to.have.length.greaterThan(0);
      await api.create(resource, configMapBody('other', {}), signal);
      await until(() => seen.includes('added other'), signal);
      store.close();
      expect(seen).to.deep.equal(['added mine', 'added other']);
    },
  },
  {
    title: 'sends a bookmark before it ends a watch that missed nothing of its own',
    show: async ({ api, namespace }, signal) => {
      const resource = pods(namespace);
      const { resourceVersion } = await api.list(resource, {}, signal);
      const options = { labelSelector: 'app=a', resourceVersion, timeoutSeconds: 4 };
      const body = await api.watchStream(resource, options, signal);
      const created = await api.create(resource, podBody('of-others', { app: 'b' }), signal);
      const events: WatchEvent[] = [];
      for await (const event of watchEvents(body)) events.push(event);
      expect(events.map(({ kind }) => kind)).to.include('bookmark');
      expect(events.filter(({ kind }) => kind !== 'bookmark')).to.deep.equal([]);
      const [first] = events;
      const reached = first?.kind === 'bookmark' ? Number(first.resourceVersion) : 0;
      expect(reached).to.be.at.least(Number(created.metadata.resourceVersion));
    },
  },
  {
    title: 'says 410 for a version that is forgotten, and a watching store finds its way back by itself',
    show: async (server, signal) => {
      const { api, namespace, forget } = server;
      const resource = configMaps(namespace);
      await api.create(resource, configMapBody('goes', {}), signal);
      const { resourceVersion } = await api.list(resource, {}, signal);
      const restarts: string[] = [];
      const counters: Counters = {
        add: (name, labels) => {
          if (name === 'watch_restarts') restarts.push(JSON.stringify(labels));
        },
      };
      const store = new WatchedStore({ api, resource, log: silentLog, counters });
      await store.start();
      for (const name of ['a', 'b', 'c']) await api.create(pods(namespace), podBody(name), signal);
      await forget();
      await api.delete(resource, 'goes', {}, signal);
      await api.create(resource, configMapBody('comes', {}), signal);
      await until(() => store.get('comes') !== undefined && store.get('goes') === undefined, signal);
      store.close();
      expect(restarts.filter((labels) => labels.includes('expired'))).to.have.length(1);
      expect(await refusalOf(server, { resourceVersion, timeoutSeconds: 4 }, signal)).to.equal(410);
    },
  },
];

/** How the server says that it cannot watch from there: in the stream, or as the answer. */
async function refusalOf(
  { api, namespace }: ApiUnderTest,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<number> {
  try {
    const body = await api.watchStream(configMaps(namespace), options, signal);
    for await (const event of watchEvents(body)) return event.kind === 'error' ? event.status.code : 0;
    return 0;
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown.status;
    throw thrown;
  }
}
