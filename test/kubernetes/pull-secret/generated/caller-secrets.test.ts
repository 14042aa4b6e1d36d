import { expect } from 'chai';
import { RunnerError } from '../../../../src/core/errors.ts';
import { Secret } from '../../../../src/core/secret.ts';
import type { ApiClient } from '../../../../src/kubernetes/api-client.ts';
import { callerKeyName, callerName } from '../../../../src/kubernetes/pull-secret/generated/generated-names.ts';
import type { ApiDouble } from '../../../support/api-double/api-double.ts';
import { eventually } from '../../../support/eventually.ts';
import type { SteppedClock } from '../../stepped-clock.ts';
import { base, resource, type Role, type Runner } from './generated-runner.ts';
import { type GeneratedStage, minuteMs, startGeneratedStage } from './generated-stage.ts';

const name = callerName(base, '0123456789abcdef0123456789abcdef');
const login = { username: 'ada', password: new Secret('love') };
const managed = { 'app.kubernetes.io/managed-by': 'krm-function-runner' };

describe('secrets for callers with logins of their own', () => {
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

  const runner = (role: Role): Runner => stage.runner(role);
  const keyName = callerKeyName(base);
  const keyOf = async ({ callerKey }: Runner): Promise<string> =>
    (await callerKey.get(signal)).reveal().toString('hex');

  for (const role of ['component', 'porch'] as const) {
    describe(role === 'porch' ? "under Porch's Role" : 'under our Role with its component', () => {
      it('share one key among all replicas, made by whoever is first', async () => {
        const keys = await Promise.all([runner(role), runner(role), runner(role)].map(keyOf));
        expect(new Set(keys).size).to.equal(1);
        expect(keys[0]).to.match(/^[0-9a-f]{64}$/);
        const secret = await admin.get(resource, keyName, signal);
        expect(secret?.type).to.equal('Opaque');
        expect(secret?.metadata.labels).to.include(managed);
        expect(await keyOf(runner(role)), 'that of a replica that comes later').to.equal(keys[0]);
      });

      it('keep the key in memory: no request for the next caller', async () => {
        const made = runner(role);
        await keyOf(made);
        const before = writes();
        await keyOf(made);
        expect(writes()).to.equal(before);
      });

      it('get the same key again when somebody has deleted it', async () => {
        const made = runner(role);
        const key = await keyOf(made);
        await admin.delete(resource, keyName, {}, signal);
        await eventually('the key is there again', 2000, async () => {
          await keyOf(made);
          return (await admin.get(resource, keyName, signal)) !== undefined;
        });
        expect(await keyOf(runner(role))).to.equal(key);
      });

      it('are refused a key that somebody else has put there', async () => {
        const data = { key: Buffer.alloc(32).toString('base64') };
        const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: keyName }, type: 'Opaque', data };
        await admin.create(resource, body, signal);
        const error = await failureOf(keyOf(runner(role)));
        expect(error.code).to.equal('PULL_SECRET');
        expect(error.details.hint).to.include(`Delete secret porch-fn-system/${keyName}`);
      });

      it('hold the login under the address of the registry, and go two minutes after the last pod', async () => {
        const { secrets } = runner(role);
        await secrets.ensureCaller(name, ['r.example', 'localhost:32000'], login, signal);
        const found = await admin.get(resource, name, signal);
        const auth = Buffer.from('ada:love').toString('base64');
        const expected = JSON.stringify({ auths: { 'r.example': { auth }, 'localhost:32000': { auth } } });
        expect(found?.data['.dockerconfigjson']?.reveal().toString()).to.equal(expected);
        expect(found?.metadata.labels).to.include({ 'fn.kpt.dev/generated-pull-secret': 'caller' });
        await secrets.collect(new Set([name]), true, signal);
        await clock.advance(1.5 * minuteMs);
        await secrets.collect(new Set([name]), true, signal);
        await clock.advance(1.5 * minuteMs);
        await secrets.collect(new Set(), true, signal);
        expect(await admin.get(resource, name, signal)).to.not.equal(undefined);
        await clock.advance(minuteMs);
        await secrets.collect(new Set(), true, signal);
        expect(await admin.get(resource, name, signal)).to.equal(undefined);
      });

      it('are written again for the next pod after they have gone', async () => {
        const { secrets } = runner(role);
        await secrets.ensureCaller(name, ['r.example'], login, signal);
        await secrets.collect(new Set(), true, signal);
        await clock.advance(3 * minuteMs);
        await secrets.collect(new Set(), true, signal);
        expect(await admin.get(resource, name, signal)).to.equal(undefined);
        await secrets.ensureCaller(name, ['r.example'], login, signal);
        expect(await admin.get(resource, name, signal)).to.not.equal(undefined);
      });

      it('stay while another replica is in charge', async () => {
        const { secrets } = runner(role);
        await secrets.ensureCaller(name, ['r.example'], login, signal);
        await clock.advance(60 * minuteMs);
        await secrets.collect(new Set(), false, signal);
        expect(await admin.get(resource, name, signal)).to.not.equal(undefined);
      });
    });
  }

  it('say which rights are missing', async () => {
    const error = await failureOf(keyOf(runner('bound')));
    expect(error.code).to.equal('CLUSTER_DENIED');
    expect(error.details.hint).to.include('manifests/components/generated-pull-secrets');
  });

  const writes = (): number =>
    Object.entries(double.counts()).reduce(
      (sum, [what, count]) => (/^(?:get|list|watch) /.test(what) ? sum : sum + count),
      0,
    );
});

async function failureOf(work: Promise<unknown>): Promise<RunnerError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof RunnerError) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
}
