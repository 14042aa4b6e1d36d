import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { Secret } from '../../../../src/core/secret.ts';
import type { ApiClient } from '../../../../src/kubernetes/api-client.ts';
import { callerName } from '../../../../src/kubernetes/pull-secret/generated/generated-names.ts';
import type { ApiDouble } from '../../../support/api-double/api-double.ts';
import { eventually } from '../../../support/eventually.ts';
import type { SteppedClock } from '../../stepped-clock.ts';
import { base, resource, type Runner } from './generated-runner.ts';
import { type GeneratedStage, minuteMs, startGeneratedStage } from './generated-stage.ts';

const callers = Array.from({ length: 20 }, (_, index) => ({
  name: callerName(base, index.toString(16).padStart(32, '0')),
  login: { username: 'ada', password: new Secret(`guess-${String(index)}`) },
}));

describe('secrets of many callers', () => {
  let stage: GeneratedStage;
  let double: ApiDouble;
  let admin: ApiClient;
  let clock: SteppedClock;
  let signal: AbortSignal;

  beforeEach(async () => {
    stage = await startGeneratedStage();
    ({ double, admin, clock, signal } = stage);
  });

  afterEach(async () => {
    await stage.stop();
  });

  const runner = (): Runner => stage.runner('component');
  const secretsThere = async (): Promise<number> => (await admin.list(resource, {}, signal)).items.length;

  it('say nothing by which a password could be tried out, but for the login itself', async () => {
    const { secrets } = runner();
    for (const { name, login } of callers.slice(0, 1)) {
      await secrets.ensureCaller(name, ['r.example'], login, signal);
      const found = await admin.get(resource, name, signal);
      const bytes = found?.data['.dockerconfigjson']?.reveal() ?? Buffer.alloc(0);
      expect(bytes.length).to.be.greaterThan(0);
      const hash = createHash('sha256').update(bytes).digest('hex');
      expect(JSON.stringify(found?.raw['metadata'])).to.not.include(hash.slice(0, 12));
    }
  });

  it('are put right where somebody has changed them', async () => {
    const { secrets } = runner();
    for (const { name, login } of callers.slice(0, 1)) {
      await secrets.ensureCaller(name, ['r.example'], login, signal);
      const data = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
      await admin.patch(resource, name, { data }, { type: 'merge' }, signal);
      await eventually('the login is there again', 2000, async () => {
        await clock.advance(2000);
        await secrets.ensureCaller(name, ['r.example'], login, signal);
        const found = await admin.get(resource, name, signal);
        return found?.data['.dockerconfigjson']?.reveal().toString().includes('r.example') === true;
      });
    }
  });

  it('are nothing to a replica any more once another one has deleted them', async () => {
    const [one, other] = [runner(), runner()];
    for (const { name, login } of callers) await one.secrets.ensureCaller(name, ['r.example'], login, signal);
    await one.secrets.collect(new Set(), false, signal);
    await other.secrets.collect(new Set(), true, signal);
    await clock.advance(3 * minuteMs);
    await other.secrets.collect(new Set(), true, signal);
    expect(await secretsThere()).to.equal(0);
    await eventually('it has heard of that', 2000, async () => {
      await one.secrets.collect(new Set(), false, signal);
      return Promise.resolve(callers.every(({ name }) => one.secrets.versionOf(name) === ''));
    });
    await one.secrets.collect(new Set(), false, signal);
    const before = double.requests.length;
    await one.secrets.collect(new Set(), true, signal);
    expect(double.requests.length - before, 'requests when it comes to be in charge').to.equal(0);
  });

  it('do not keep anybody waiting who wants to end while the API server is silent', async () => {
    double.fault({ verb: 'list', resource: 'secrets', times: 100, effect: { kind: 'hang' } });
    const { secrets } = runner();
    const closing = new AbortController();
    const scan = secrets.collect(new Set(), true, closing.signal).catch((thrown: unknown) => thrown);
    const first = await Promise.race([scan, clock.settle().then(() => 'waits')]);
    expect(first).to.equal('waits');
    closing.abort(new Error('the end'));
    const late = new Promise((resolve) => {
      setTimeout(resolve, 2000, 'late').unref();
    });
    expect(await Promise.race([scan, late])).to.not.equal('late');
  });
});
