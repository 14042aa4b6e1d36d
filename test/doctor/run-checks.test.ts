import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import type { Check } from '../../src/doctor/check.ts';
import { ok } from '../../src/doctor/remark.ts';
import { type Finding, runChecks } from '../../src/doctor/run-checks.ts';

const never = new AbortController().signal;

function check(name: string, run: Check['run'], timeoutMs = 5000): Check {
  return { name, subject: `subject of ${name}`, timeoutMs, run };
}

async function all(checks: readonly Check[], signal = never): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of runChecks(checks, signal)) findings.push(finding);
  return findings;
}

describe('the checks of doctor', () => {
  it('run at once, and tell in their order', async () => {
    const first = Promise.withResolvers<undefined>();
    const slow = check('slow', async () => {
      await first.promise;
      return [ok('', 'one'), ok('', 'two')];
    });
    const quick = check('quick', async () => {
      first.resolve(undefined);
      return Promise.resolve([ok('', 'three')]);
    });
    const findings = await all([slow, quick]);
    expect(findings.map(({ check: name, why }) => `${name} ${why}`)).to.deep.equal([
      'slow one',
      'slow two',
      'quick three',
    ]);
  });

  it('tell as soon as those before are done', async () => {
    const later = Promise.withResolvers<undefined>();
    const waiting = check('waiting', async () => {
      await later.promise;
      return [];
    });
    const findings = runChecks([check('first', async () => Promise.resolve([ok('', 'told')])), waiting], never);
    const told = await findings.next();
    expect(told).to.have.nested.include({ 'value.check': 'first', 'value.why': 'told' });
    later.resolve(undefined);
    expect((await findings.next()).done).to.equal(true);
  });

  it('that throw are problems with the hint of the error, and hide none of the others', async () => {
    const error = new RunnerError('CFG_OPTION', 'it is broken', { hint: 'Mend it.' });
    const findings = await all([
      check('broken', async () => Promise.reject(error)),
      check('sync', () => {
        throw new Error('at once');
      }),
      check('fine', async () => Promise.resolve([ok('a', 'b')])),
    ]);
    expect(findings).to.deep.equal([
      { check: 'broken', subject: 'subject of broken', result: 'problem', why: 'it is broken', fix: 'Mend it.' },
      { check: 'sync', subject: 'subject of sync', result: 'problem', why: 'at once', fix: '' },
      { check: 'fine', subject: 'a', result: 'ok', why: 'b', fix: '' },
    ]);
  });

  it('that take too long are problems too, even where they listen to nobody', async () => {
    const [finding, other] = await all([
      check('deaf', async () => new Promise(() => undefined), 20),
      check('fine', async () => Promise.resolve([ok('', 'b')])),
    ]);
    expect(finding).to.include({
      check: 'deaf',
      result: 'problem',
      why: 'looking at subject of deaf took longer than 20 ms',
    });
    expect(other).to.include({ check: 'fine', result: 'ok' });
  });

  it('all end when they are called off', async () => {
    const stop = new AbortController();
    const waiting = all([check('a', async () => new Promise(() => undefined))], stop.signal);
    stop.abort(new RunnerError('CANCELLED', 'SIGINT received'));
    expect(await waiting).to.deep.equal([
      { check: 'a', subject: 'subject of a', result: 'problem', why: 'SIGINT received', fix: '' },
    ]);
  });
});
