import { expect } from 'chai';
import { noCounters } from '../../../src/core/counters.ts';
import { silentLog } from '../../../src/core/log.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { ApiClient } from '../../../src/kubernetes/api-client.ts';
import { objectAt, objectsAt, textAt } from '../../../src/kubernetes/object-meta.ts';
import { openStore } from '../../../src/kubernetes/open-store.ts';
import { Permissions } from '../../../src/kubernetes/permissions.ts';
import { NodeConfig } from '../../../src/kubernetes/pull-secret/node-config.ts';
import { PullSecret } from '../../../src/kubernetes/pull-secret/pull-secret.ts';
import { secrets } from '../../../src/kubernetes/resources.ts';
import type { SecretObject } from '../../../src/kubernetes/secret-object.ts';
import { refused } from '../../core/mounted-text.ts';
import type { AccessRule } from '../../support/api-double/access-rules.ts';
import { type ApiDouble, startApiDouble } from '../../support/api-double/api-double.ts';
import { until } from '../../support/api-behaviour/until.ts';
import { dockerConfigJson } from '../../support/mounted-secret.ts';
import { SteppedClock } from '../stepped-clock.ts';

const namespace = 'porch-fn-system';
const name = 'auth-secret';
const resource = secrets(namespace);
const one = dockerConfigJson({ 'a.io': 'ada:one' });
const two = dockerConfigJson({ 'a.io': 'ada:two' });
const three = dockerConfigJson({ 'a.io': 'ada:three' });
const image = parseReference('a.io/x:1');
/** The double's times are real ones, and no write comes before its swap. */
const startMs = Date.now() - 3_600_000;
const type = 'kubernetes.io/dockerconfigjson';

const ofSecrets = { apiGroups: [''], resources: ['secrets'] };
const bound: readonly AccessRule[] = [
  { ...ofSecrets, resourceNames: [name], verbs: ['get', 'list', 'watch', 'create', 'patch'] },
];
const porch: readonly AccessRule[] = [{ ...ofSecrets, verbs: ['get', 'create', 'update', 'delete'] }];

interface Runner {
  /** Long enough after the last write for another one. */
  feed(text: string, swappedAtMs: number): Promise<void>;
  /** As if a pod were about to be created with it. */
  need(): Promise<unknown>;
}

describe('a pull secret that is applied', () => {
  let double: ApiDouble;
  let admin: ApiClient;
  let undo: (() => unknown)[] = [];
  let clock: SteppedClock;
  let signal: AbortSignal;

  beforeEach(async () => {
    clock = new SteppedClock(startMs);
    signal = AbortSignal.timeout(10_000);
    double = await startApiDouble();
    double.addUser('bound', bound);
    double.addUser('porch', porch);
    admin = new ApiClient({ access: double.access(), log: silentLog, counters: noCounters });
  });

  afterEach(async () => {
    for (const each of undo.toReversed()) await each();
    undo = [];
    await admin.close();
    await double.stop();
  });

  const runner = (user = 'bound', adopt = false): Runner => {
    const api = new ApiClient({ access: double.access(user), log: silentLog, counters: noCounters });
    const shared = { api, resource, permissions: new Permissions({ api, log: silentLog }) };
    const quiet = { log: silentLog, counters: noCounters };
    let content: { readonly config: NodeConfig; readonly swappedAtMs: number } | undefined;
    const pullSecret = new PullSecret({
      ...shared,
      ...quiet,
      openStore: async (wanted) => openStore({ ...shared, ...quiet, name: wanted, intervalMs: 20 }),
      name,
      source: { current: async () => Promise.resolve(content) },
      scope: 'all',
      adopt,
      clock,
    });
    undo.push(async () => {
      pullSecret.close();
      await api.close();
    });
    return {
      feed: async (text, swappedAtMs) => {
        await clock.advance(5000);
        content = { config: NodeConfig.parse(Buffer.from(text), 'f'), swappedAtMs };
      },
      need: async () => pullSecret.ensure([image], signal),
    };
  };
  const held = async (): Promise<SecretObject | undefined> => admin.get(resource, name, signal);
  const content = async (): Promise<string> => (await held())?.data['.dockerconfigjson']?.reveal().toString() ?? '';
  const writers = async (): Promise<readonly string[]> =>
    objectsAt(objectAt((await held())?.raw ?? {}, 'metadata'), 'managedFields').map(
      (entry) => `${textAt(entry, 'manager')} ${textAt(entry, 'operation')}`,
    );
  const put = async (text: string, fieldManager: string, metadata = {}): Promise<unknown> => {
    const data = { '.dockerconfigjson': Buffer.from(text).toString('base64') };
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name, ...metadata }, type, data };
    return admin.patch(resource, name, body, { type: 'apply', fieldManager, force: true }, signal);
  };

  it('is created, followed and repaired by applies of our field manager, with a Role bound to its name', async () => {
    const made = runner();
    await made.feed(one, startMs);
    await made.need();
    expect(await content()).to.equal(one);
    await made.feed(two, startMs + 1000);
    await put('{}', 'kubectl');
    await made.need();
    expect(await content()).to.equal(two);
    expect(await writers()).to.include('krm-function-runner Apply');
    expect(Object.keys(double.counts()).filter((what) => /create secrets|update/.test(what))).to.deep.equal([]);
  });

  it("is written by create and update under Porch's Role, by the same field manager", async () => {
    const made = runner('porch');
    await made.feed(one, startMs);
    await made.need();
    await made.feed(two, startMs + 1000);
    await made.need();
    expect(await content()).to.equal(two);
    expect(await writers()).to.deep.equal(['krm-function-runner Update']);
    expect(double.counts())
      .to.include({ 'create secrets': 1, 'update secrets': 1 })
      .and.not.have.property('patch secrets');
  });

  it("is taken over from what was written under Porch's Role", async () => {
    const before = runner('porch');
    await before.feed(one, startMs);
    await before.need();
    const after = runner();
    await after.feed(two, startMs + 1000);
    await after.need();
    expect(await content()).to.equal(two);
  });

  it('keeps what others have put there', async () => {
    await put(two, 'server', { labels: { team: 'a' }, annotations: { note: 'b' } });
    const made = runner('bound', true);
    await made.feed(one, startMs);
    await made.need();
    expect(await content()).to.equal(one);
    expect((await held())?.metadata.labels).to.include({ team: 'a' });
    expect((await held())?.metadata.annotations).to.include({ note: 'b' });
  });

  it('is not forced over what somebody else made in between', async () => {
    const made = runner();
    await made.feed(one, startMs);
    double.fault({ verb: 'patch', resource: 'secrets', effect: { kind: 'delay', ms: 300 } });
    const needed = refused(made.need());
    await until(() => double.counts()['patch secrets'] === 1, signal);
    await put(two, 'kubectl');
    expect((await needed).code).to.equal('PULL_SECRET');
    expect(await content()).to.equal(two);
  });

  it('never goes back, even if a late runner has not seen it yet', async () => {
    const [fast, late] = [runner(), runner()];
    await fast.feed(two, startMs + 60_000);
    await late.feed(one, startMs);
    double.fault({ verb: 'patch', resource: 'secrets', effect: { kind: 'delay', ms: 300 } });
    const slow = late.need();
    await until(() => double.counts()['patch secrets'] === 1, signal);
    await fast.need();
    await slow;
    expect(await content()).to.equal(two);
  });

  it('is written by create and update once a 403 has said that it may not be applied', async () => {
    double.addUser('porch', [...porch, { ...ofSecrets, verbs: ['patch'] }]);
    const made = runner('porch');
    await made.feed(one, startMs);
    const forbidden = { kind: 'status', code: 403, reason: 'Forbidden' } as const;
    double.fault({ verb: 'patch', resource: 'secrets', effect: forbidden });
    await made.need();
    await made.feed(three, startMs + 1000);
    await made.need();
    expect(await content()).to.equal(three);
    expect(double.counts()).to.include({ 'patch secrets': 1, 'create secrets': 1, 'update secrets': 1 });
  });

  it('is still applied after a 403 that was not the Role’s', async () => {
    const made = runner();
    await made.feed(one, startMs);
    const quota = { kind: 'status', code: 403, reason: 'Forbidden', message: 'exceeded quota' } as const;
    double.fault({ verb: 'patch', resource: 'secrets', effect: quota });
    expect((await refused(made.need())).message).to.include('exceeded quota');
    const again = runner();
    await again.feed(one, startMs);
    await again.need();
    expect(await content()).to.equal(one);
  });
});
