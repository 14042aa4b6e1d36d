import { expect } from 'chai';
import { noCounters } from '../../src/core/counters.ts';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import { openStore } from '../../src/kubernetes/open-store.ts';
import { Permissions } from '../../src/kubernetes/permissions.ts';
import { secrets } from '../../src/kubernetes/resources.ts';
import { apiErrorOf } from '../support/api-behaviour/api-error-of.ts';
import { until } from '../support/api-behaviour/until.ts';
import type { AccessRule } from '../support/api-double/access-rules.ts';
import { type ApiDouble, startApiDouble } from '../support/api-double/api-double.ts';
import { NotedLog } from './noted.ts';
import { SteppedClock } from './stepped-clock.ts';

interface Row {
  readonly title: string;
  readonly rules: readonly AccessRule[];
  /** Verb, group, resource, name. */
  readonly asked: readonly [string, string, string, string?];
  readonly allowed: boolean;
}

const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create'] };
const named = { apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['auth-secret'] };

const rows: readonly Row[] = [
  { title: 'a verb of a rule', rules: [leases], asked: ['create', 'coordination.k8s.io', 'leases'], allowed: true },
  { title: 'another verb', rules: [leases], asked: ['update', 'coordination.k8s.io', 'leases'], allowed: false },
  { title: 'another group', rules: [leases], asked: ['get', '', 'leases'], allowed: false },
  { title: 'a name of a rule', rules: [named], asked: ['get', '', 'secrets', 'auth-secret'], allowed: true },
  { title: 'another name', rules: [named], asked: ['get', '', 'secrets', 'other'], allowed: false },
  { title: 'all names by a rule for one', rules: [named], asked: ['get', '', 'secrets'], allowed: false },
  {
    title: 'a subresource by a rule for that of every resource',
    rules: [{ apiGroups: ['*'], resources: ['*/status'], verbs: ['*'] }],
    asked: ['patch', 'config.porch.kpt.dev', 'functionconfigs/status'],
    allowed: true,
  },
  {
    title: 'a subresource by a rule for the resource alone',
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['*'] }],
    asked: ['patch', '', 'pods/status'],
    allowed: false,
  },
];

describe('Permissions', () => {
  let double: ApiDouble;
  let api: ApiClient;
  let log: NotedLog;
  let permissions: Permissions;

  beforeEach(async () => {
    double = await startApiDouble();
    log = new NotedLog();
    double.addUser('runner', []);
    api = new ApiClient({ access: double.access('runner'), log, counters: noCounters });
    permissions = new Permissions({ api, log });
  });

  afterEach(async () => {
    await api.close();
    await double.stop();
  });

  for (const { title, rules, asked, allowed } of rows) {
    it(`${allowed ? 'allow' : 'do not allow'} ${title}`, async () => {
      double.addUser('runner', rules);
      expect(await permissions.allows('functions', ...asked)).to.equal(allowed);
    });
  }

  it('are asked once for each namespace', async () => {
    await Promise.all([permissions.allows('a', 'get', '', 'pods'), permissions.allows('a', 'list', '', 'pods')]);
    await permissions.allows('a', 'get', '', 'secrets');
    expect(double.requests).to.have.length(1);
    await permissions.allows('b', 'get', '', 'pods');
    expect(double.requests).to.have.length(2);
  });

  it('that were not given are asked for again after five minutes, and no sooner', async () => {
    const clock = new SteppedClock(1_000_000);
    permissions = new Permissions({ api, log, clock });
    const read = async (): Promise<boolean> => permissions.allows('functions', 'get', '', 'secrets', 'auth-secret');
    expect(await read()).to.equal(false);
    double.addUser('runner', [named]);
    await clock.advance(5 * 60_000 - 1);
    expect(await read()).to.equal(false);
    expect(double.requests).to.have.length(1);
    await clock.advance(1);
    expect(await Promise.all([read(), read()])).to.deep.equal([true, true]);
    await clock.advance(60 * 60_000);
    expect(await read()).to.equal(true);
    expect(double.requests).to.have.length(2);
  });

  it('that were not given stay so while they cannot be asked for again', async () => {
    const clock = new SteppedClock(1_000_000);
    permissions = new Permissions({ api, log, clock });
    expect(await permissions.allows('functions', 'get', '', 'secrets')).to.equal(false);
    await clock.advance(5 * 60_000);
    double.fault({ effect: { kind: 'status', code: 403 } });
    for (const _ of [1, 2]) expect(await permissions.allows('functions', 'get', '', 'secrets')).to.equal(false);
    expect(double.requests).to.have.length(2);
  });

  it('count as given when they cannot be had, and are asked for again', async () => {
    double.fault({ effect: { kind: 'status', code: 403 } });
    expect(await permissions.allows('functions', 'get', '', 'pods')).to.equal(true);
    expect(log.alarms).to.deep.equal(['warn cannot tell what is allowed; trying it out']);
    expect(await permissions.allows('functions', 'get', '', 'pods')).to.equal(false);
  });

  it('are corrected by a 403, for that verb, resource and namespace', async () => {
    double.addUser('runner', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]);
    permissions.denied('functions', 'watch', '', 'secrets');
    const told = await Promise.all(
      [
        ['functions', 'watch', 'secrets'],
        ['functions', 'get', 'secrets'],
        ['other', 'watch', 'secrets'],
      ].map(async ([namespace = '', verb = '', resource = '']) => permissions.allows(namespace, verb, '', resource)),
    );
    expect(told).to.deep.equal([false, true, true]);
  });

  it('leave a store that may only list to listing, and say which verb is missing', async () => {
    const rule = { apiGroups: [''], resources: ['secrets'], verbs: ['list'], resourceNames: ['auth-secret'] };
    double.addUser('runner', [rule]);
    const resource = secrets('functions');
    const store = await openStore({ api, permissions, resource, name: 'auth-secret', log, counters: noCounters });
    await until(() => log.alarms.length > 0, AbortSignal.timeout(5000));
    store.close();
    expect(log.lines.at(-1)).to.match(/Allow the verb .*watch.* on secrets in namespace functions/);
    expect(double.requests.length).to.be.at.most(5);
  });

  it('fail a store that may do nothing, and say which verb is missing', async () => {
    const resource = secrets('functions');
    const error = await apiErrorOf(
      openStore({ api, permissions, resource, name: 'auth-secret', log, counters: noCounters }),
    );
    expect(error.code).to.equal('CLUSTER_DENIED');
    expect(error.details.hint).to.match(/Allow the verb "get" on secrets in namespace functions/);
  });

  it('correct themselves when a store may not list after all: the object is read every few seconds', async () => {
    double.addUser('runner', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] }]);
    await permissions.allows('functions', 'list', '', 'secrets');
    double.addUser('runner', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]);
    const resource = secrets('functions');
    const store = await openStore({ api, permissions, resource, name: 'auth-secret', log, counters: noCounters });
    store.close();
    expect(double.requests.map(({ verb, resource: of }) => `${verb} ${of}`)).to.deep.equal([
      'create selfsubjectrulesreviews',
      'list secrets',
      'get secrets',
    ]);
    expect(await permissions.allows('functions', 'list', '', 'secrets')).to.equal(false);
  });
});
