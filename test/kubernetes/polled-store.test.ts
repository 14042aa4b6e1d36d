import { expect } from 'chai';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import { PolledStore } from '../../src/kubernetes/polled-store.ts';
import { type ConfigMap, configMaps } from '../../src/kubernetes/resources.ts';
import { apiErrorOf } from '../support/api-behaviour/api-error-of.ts';
import { configMapBody } from '../support/api-behaviour/bodies.ts';
import { seenChanges } from '../support/api-behaviour/seen-changes.ts';
import { until } from '../support/api-behaviour/until.ts';
import { type ApiDouble, startApiDouble } from '../support/api-double/api-double.ts';
import { NotedCounters, NotedLog } from './noted.ts';

const resource = configMaps('functions');

describe('PolledStore', () => {
  let double: ApiDouble;
  let api: ApiClient;
  let log: NotedLog;
  let store: PolledStore<ConfigMap>;
  let signal: AbortSignal;

  beforeEach(async () => {
    double = await startApiDouble();
    log = new NotedLog();
    api = new ApiClient({ access: double.access(), log, counters: new NotedCounters() });
    store = new PolledStore({ api, resource, name: 'one', log, intervalMs: 15 });
    signal = AbortSignal.timeout(8000);
  });

  afterEach(async () => {
    store.close();
    await api.close();
    await double.stop();
  });

  it('tells of the one object, whoever makes, changes or deletes it', async () => {
    await store.start();
    const seen = seenChanges(store);
    await api.create(resource, configMapBody('one', { a: '1' }), signal);
    await until(() => seen.length === 1, signal);
    await api.patch(resource, 'one', { data: { a: '2' } }, { type: 'merge' }, signal);
    await until(() => seen.length === 2, signal);
    expect(store.get('one')?.data).to.deep.equal({ a: '2' });
    await api.delete(resource, 'one', {}, signal);
    await until(() => seen.length === 3, signal);
    expect(seen).to.deep.equal(['added one', 'modified one', 'deleted one']);
    expect(Object.keys(double.counts())).to.not.include.members(['list configmaps', 'watch configmaps']);
  });

  it('does not go back to a look that began before our own write', async () => {
    await store.start();
    const seen = seenChanges(store);
    double.fault({ verb: 'get', effect: { kind: 'late-answer', ms: 60 } });
    const late = double.requests.length;
    await until(() => double.requests.length > late, signal);
    store.accept(await api.create(resource, configMapBody('one', {}), signal));
    const looks = double.requests.length;
    await until(() => double.requests.length > looks + 3, signal);
    expect(seen).to.deep.equal(['added one']);
  });

  it('keeps what it knows while the API server is away, and says so once', async () => {
    await api.create(resource, configMapBody('one', {}), signal);
    await store.start();
    double.fault({ verb: 'get', times: 3, effect: { kind: 'status', code: 503 } });
    await until(() => log.lines.some((line) => line.startsWith('info in sight of the cluster again')), signal);
    expect(store.get('one')?.metadata.name).to.equal('one');
    expect(log.alarms).to.deep.equal(['warn lost sight of the cluster; keeping the last known state']);
  });

  it('does not start without the right to read', async () => {
    double.fault({ verb: 'get', effect: { kind: 'status', code: 403, reason: 'Forbidden' } });
    expect(await apiErrorOf(store.start())).to.include({ code: 'CLUSTER_DENIED', status: 403 });
  });
});
