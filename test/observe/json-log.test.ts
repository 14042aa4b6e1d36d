import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import type { Log } from '../../src/core/log.ts';
import { Secret } from '../../src/core/secret.ts';
import { createJsonLog } from '../../src/observe/json-log.ts';

interface Captured {
  readonly log: Log;
  readonly lines: readonly string[];
  readonly last: () => unknown;
}

function capture(level = 5): Captured {
  const lines: string[] = [];
  return {
    log: createJsonLog({ write: (line) => lines.push(line) }, level),
    lines,
    last: (): unknown => JSON.parse(lines.at(-1) ?? '{}'),
  };
}

const shownAt: readonly (readonly [level: number, shown: readonly string[]])[] = [
  [0, ['error']],
  [1, ['error', 'warn']],
  [2, ['error', 'warn', 'info']],
  [3, ['error', 'warn', 'info', 'debug']],
  [4, ['error', 'warn', 'info', 'debug']],
  [5, ['error', 'warn', 'info', 'debug', 'trace']],
];

const canary = 'hunter2-canary';

class Wrapper {
  readonly token = new Secret(canary);
}

const withSecrets: readonly { readonly what: string; readonly values: Readonly<Record<string, unknown>> }[] = [
  { what: 'a secret', values: { token: new Secret(canary) } },
  { what: 'a secret in an object', values: { login: { username: 'joe', password: new Secret(canary) } } },
  { what: 'a secret in a list', values: { tokens: [new Secret(canary)] } },
  { what: 'a secret deep in an object of a class', values: { a: [{ b: new Wrapper() }] } },
  { what: 'a secret as buffer', values: { bytes: new Secret(canary).reveal() } },
  {
    what: 'a URL with user and query',
    values: { url: new URL(`https://joe:${canary}@h.example/p?sig=${canary}#${canary}`) },
  },
  {
    what: 'the message of the cause of an error',
    values: { error: new RunnerError('UNREACHABLE', 'cannot be reached', { cause: new Error(`GET ?sig=${canary}`) }) },
  },
  {
    what: 'the cause of an error that is no error',
    values: { error: new RunnerError('INTERNAL', 'x', { cause: { canary } }) },
  },
];

describe('the log', () => {
  for (const [level, shown] of shownAt) {
    it(`at level ${String(level)} shows ${shown.join(', ')}`, () => {
      const { log, lines } = capture(level);
      log.error('error');
      log.warn('warn');
      log.info('info');
      log.debug('debug');
      log.trace('trace');
      const messages = lines.map((line) => /"msg":"(\w+)"/.exec(line)?.[1]);
      expect(messages).to.deep.equal(shown);
    });
  }

  it('writes one JSON object per line with level, time, message and values', () => {
    const { log, lines, last } = capture();
    log.info('pulled\nimage', { image: 'a"b\n', bytes: 3, nested: { ok: true } });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^[^\n]+\n$/);
    expect(last()).to.include({ level: 'info', msg: 'pulled\nimage', image: 'a"b\n', bytes: 3 });
    expect(last())
      .to.have.property('time')
      .that.matches(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('gives a child the values of all its parents', () => {
    const { log, last } = capture();
    log.child({ request: 'r1' }).child({ image: 'i' }).warn('slow', { ms: 5 });
    expect(last()).to.include({ request: 'r1', image: 'i', ms: 5 });
  });

  for (const { what, values } of withSecrets) {
    it(`does not show ${what}`, () => {
      const { log, lines } = capture();
      log.error('failed', values);
      log.child(values).info('child');
      expect(lines).to.have.length(2);
      expect(lines.join('')).not.to.include(canary);
      expect(lines.join('')).not.to.include(Buffer.from(canary).toString('base64'));
    });
  }

  it('shows code, message, hint and attempts of an error, and the code of its cause', () => {
    const { log, last } = capture();
    const cause = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    const attempts = [{ step: 'system-ca', address: 'h:443', outcome: 'failed', reason: 'refused' }] as const;
    log.error('failed', { error: new RunnerError('UNREACHABLE', 'no way', { cause, attempts, hint: 'Look.' }) });
    expect(last())
      .to.have.property('error')
      .that.deep.equals({
        code: 'UNREACHABLE',
        message: 'no way',
        hint: 'Look.',
        attempts,
        cause: { type: 'Error', code: 'ECONNREFUSED' },
      });
  });

  it('cuts long texts and ends deep or circular values', () => {
    const { log, lines } = capture();
    const circle: { self?: unknown } = {};
    circle.self = circle;
    log.info('large', { text: 'x'.repeat(1_000_000), circle, list: Array.from({ length: 10_000 }, (_, n) => n) });
    expect(lines[0]?.length).to.be.below(10_000);
    expect(lines[0]).to.include('1000000 characters');
  });
});
