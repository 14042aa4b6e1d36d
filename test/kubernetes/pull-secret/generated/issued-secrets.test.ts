import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { RunnerError } from '../../../../src/core/errors.ts';
import type { ApiClient } from '../../../../src/kubernetes/api-client.ts';
import { issuedName } from '../../../../src/kubernetes/pull-secret/generated/generated-names.ts';
import { Secret } from '../../../../src/core/secret.ts';
import type { SecretObject } from '../../../../src/kubernetes/secret-object.ts';
import type { ApiDouble } from '../../../support/api-double/api-double.ts';
import { eventually } from '../../../support/eventually.ts';
import type { SteppedClock } from '../../stepped-clock.ts';
import { base, image, Program, resource, type Role, type Runner } from './generated-runner.ts';
import { type GeneratedStage, minuteMs, startGeneratedStage } from './generated-stage.ts';

const name = issuedName(base, 'provider cloud Registry cloud.io cloud.io');
const dockerconfigjson = 'kubernetes.io/dockerconfigjson';
const managed = { 'app.kubernetes.io/managed-by': 'krm-function-runner' };

describe('pull secrets of what programs give', () => {
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

  const runner = (role: Role, program: Program): Runner => stage.runner(role, program);
  const found = async (of = name): Promise<SecretObject | undefined> => admin.get(resource, of, signal);
  const content = async (): Promise<string> => (await found())?.data['.dockerconfigjson']?.reveal().toString() ?? '';
  const configOf = (password: string): string =>
    JSON.stringify({ auths: { 'cloud.io': { auth: Buffer.from(`AWS:${password}`).toString('base64') } } });
  const requests = (): number =>
    Object.entries(double.counts()).reduce((sum, [what, count]) => (what.startsWith('watch') ? sum : sum + count), 0);

  for (const role of ['component', 'porch'] as const) {
    describe(role === 'porch' ? "under Porch's Role" : 'under our Role with its component', () => {
      it('hold the login, say when it ends, and are ours', async () => {
        const program = new Program(clock);
        await runner(role, program).secrets.ensureIssued(program.login, image, signal);
        const secret = await found();
        expect(secret?.type).to.equal(dockerconfigjson);
        expect(await content()).to.equal(configOf(program.password));
        expect(secret?.metadata.labels).to.include({ ...managed, 'fn.kpt.dev/generated-pull-secret': 'issued' });
        const expiresAt = new Date(clock.now() + 20_000).toISOString();
        expect(secret?.metadata.annotations).to.include({ 'fn.kpt.dev/expires-at': expiresAt });
      });

      it('cost no request while they are known to be right', async () => {
        const program = new Program(clock);
        const { secrets } = runner(role, program);
        await secrets.ensureIssued(program.login, image, signal);
        const before = requests();
        for (let pod = 0; pod < 5; pod += 1) await secrets.ensureIssued(program.login, image, signal);
        expect(requests()).to.equal(before);
      });

      it('are renewed at 80 % of the life of the login while pods use them, with one run of the program', async () => {
        const program = new Program(clock);
        const { secrets } = runner(role, program);
        await secrets.ensureIssued(program.login, image, signal);
        await secrets.collect(new Set([name]), true, signal);
        for (let second = 0; second < 15; second += 1) await stepped();
        expect(program.runs).to.equal(1);
        await stepped();
        await stepped();
        await eventually('the new login is there', 2000, async () => (await content()) === configOf(program.password));
        expect(program.runs).to.equal(2);
      });

      it('are renewed by the replica in charge alone', async () => {
        const program = new Program(clock);
        const { secrets } = runner(role, program);
        await secrets.ensureIssued(program.login, image, signal);
        await secrets.collect(new Set([name]), false, signal);
        for (let second = 0; second < 40; second += 1) await stepped();
        expect(program.runs).to.equal(1);
      });

      it('are not renewed when no pod uses them', async () => {
        const program = new Program(clock);
        const { secrets } = runner(role, program);
        await secrets.ensureIssued(program.login, image, signal);
        await secrets.collect(new Set(), true, signal);
        for (let second = 0; second < 40; second += 1) await stepped();
        expect(program.runs).to.equal(1);
      });

      it('keep the login that is good for longer, whichever replica has it', async () => {
        const [early, late] = [new Program(clock), new Program(clock)];
        const [one, two] = [runner(role, early), runner(role, late)];
        await one.secrets.ensureIssued(early.login, image, signal);
        await clock.advance(5000);
        await two.secrets.ensureIssued(late.login, image, signal);
        expect(await content()).to.equal(configOf(late.password));
        await clock.advance(5000);
        await one.secrets.ensureIssued(early.login, image, signal);
        expect(await content()).to.equal(configOf(late.password));
      });

      it('go ten minutes after the last pod', async () => {
        const program = new Program(clock);
        const { secrets } = runner(role, program);
        await secrets.ensureIssued(program.login, image, signal);
        await secrets.collect(new Set([name]), true, signal);
        await clock.advance(9 * minuteMs);
        await secrets.collect(new Set(), true, signal);
        expect(await found()).to.not.equal(undefined);
        await clock.advance(2 * minuteMs);
        await secrets.collect(new Set(), true, signal);
        expect(await found()).to.equal(undefined);
        await secrets.ensureIssued(program.login, image, signal);
        expect(await content()).to.equal(configOf(program.password));
      });

      it('of earlier processes go, too, where they can be known', async () => {
        const program = new Program(clock);
        await runner(role, program).secrets.ensureIssued(program.login, image, signal);
        const { secrets } = runner(role, program);
        const known = new Set(role === 'porch' ? [name] : []);
        await secrets.collect(known, true, signal);
        await clock.advance(11 * minuteMs);
        await secrets.collect(new Set(), true, signal);
        expect(await found()).to.equal(undefined);
      });

      it('are never written over those of others', async () => {
        const data = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
        const others = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: dockerconfigjson, data };
        await admin.create(resource, others, signal);
        const program = new Program(clock);
        const { secrets } = runner(role, program);
        const error = await failureOf(secrets.ensureIssued(program.login, image, signal));
        expect(error.code).to.equal('PULL_SECRET');
        expect(error.details.hint).to.include(`Delete secret porch-fn-system/${name}`);
        await secrets.collect(new Set(), true, signal);
        await clock.advance(11 * minuteMs);
        await secrets.collect(new Set(), true, signal);
        expect(await content()).to.equal('{"auths":{}}');
      });

      const stepped = async (): Promise<void> => {
        await clock.advance(1000);
        await wait(5);
      };
    });
  }

  it('are renewed by the next replica in charge, which knows them from the cluster alone', async () => {
    const program = new Program(clock);
    const first = runner('component', program);
    await first.secrets.ensureIssued(program.login, image, signal);
    await first.close();
    const next = runner('component', program);
    await next.secrets.collect(new Set([name]), true, signal);
    await next.secrets.collect(new Set([name]), true, signal);
    await clock.advance(17_000);
    await eventually('the new login is there', 2000, async () => {
      await clock.advance(1000);
      return program.runs === 2 && (await content()) === configOf(program.password);
    });
  });

  it('are written at once where a registry has refused what was written a moment ago', async () => {
    const { secrets } = runner('component', new Program(clock));
    const [first, second] = [new Program(clock).login, new Program(clock).login];
    const next = { ...second, login: { username: 'AWS', password: new Secret('next') }, fingerprint: 'next' };
    await secrets.ensureIssued(first, image, signal);
    await clock.advance(200);
    await secrets.ensureIssued(next, image, signal, true);
    expect(await content()).to.equal(configOf('next'));
  });

  it('are written for the next pod as soon as the API server is back, once the login in them has ended', async () => {
    const program = new Program(clock);
    const { secrets } = runner('component', program);
    await secrets.ensureIssued(program.login, image, signal);
    await secrets.collect(new Set([name]), true, signal);
    const refusal = { kind: 'status', code: 500, reason: 'InternalError' } as const;
    double.fault({ verb: 'patch', resource: 'secrets', times: 1000, effect: refusal });
    for (let second = 0; second < 120; second += 1) {
      await clock.advance(1000);
      await wait(2);
    }
    const before = await content();
    await secrets.ensureIssued(program.login, image, signal);
    expect(await content(), 'an old login is better than no pod').to.equal(before);
    double.clearFaults();
    await secrets.ensureIssued(program.login, image, signal);
    expect(await content()).to.equal(configOf(program.password));
  });

  it('say which rights are missing', async () => {
    const program = new Program(clock);
    const { secrets } = runner('bound', program);
    const error = await failureOf(secrets.ensureIssued(program.login, image, signal));
    expect(error.code).to.equal('CLUSTER_DENIED');
    expect(error.details.hint).to.include('manifests/components/generated-pull-secrets');
  });
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
