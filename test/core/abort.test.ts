import { expect } from 'chai';
import { withTimeout } from '../../src/core/abort.ts';
import { systemClock } from '../../src/core/clock.ts';
import { RunnerError, toRunnerError } from '../../src/core/errors.ts';

const aborted = async (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve(signal.reason);
        },
        { once: true },
      );
  });

describe('withTimeout', () => {
  it('aborts with DEADLINE and says what took too long', async () => {
    using timeout = withTimeout(undefined, 5, 'the look-up');
    const reason = await aborted(timeout.signal);
    expect(reason)
      .to.be.instanceOf(RunnerError)
      .and.include({ code: 'DEADLINE', message: 'the look-up took longer than 5 ms' });
  });

  it('passes on the reason of its parent', async () => {
    const parent = new AbortController();
    using timeout = withTimeout(parent.signal, 10_000, 'x');
    const reason = new Error('caller gone');
    parent.abort(reason);
    expect(await aborted(timeout.signal)).to.equal(reason);
  });

  it('is aborted from the start when its parent is', () => {
    using timeout = withTimeout(AbortSignal.abort(new Error('before')), 10_000, 'x');
    expect(timeout.signal.aborted).to.equal(true);
  });

  it('never fires once disposed', async () => {
    const timeout = withTimeout(undefined, 5, 'x');
    timeout[Symbol.dispose]();
    await systemClock.delay(20);
    expect(timeout.signal.aborted).to.equal(false);
  });
});

describe('systemClock.delay', () => {
  it('ends at once when its signal is aborted', async () => {
    const controller = new AbortController();
    const waiting = systemClock.delay(60_000, controller.signal).then(
      () => undefined,
      (error: unknown) => error,
    );
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await waiting).to.equal(reason);
  });
});

describe('a time of more than 24.8 days, which no timer can hold', () => {
  const yearMs = 365 * 24 * 60 * 60 * 1000;

  it('does not end what it bounds at once', async () => {
    using bounded = withTimeout(undefined, yearMs, 'the work');
    await systemClock.delay(20);
    expect(bounded.signal.aborted).to.equal(false);
  });

  it('is not waited for in no time', async () => {
    const stop = new AbortController();
    const waiting = systemClock.delay(yearMs, stop.signal).then(
      () => 'over',
      () => 'stopped',
    );
    await systemClock.delay(20);
    stop.abort();
    expect(await waiting).to.equal('stopped');
  });
});

describe('toRunnerError', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['an aborted fetch', new DOMException('aborted', 'AbortError'), 'CANCELLED'],
    ['a signal that timed out', new DOMException('late', 'TimeoutError'), 'DEADLINE'],
    ['an unforeseen error', new TypeError('x is undefined'), 'INTERNAL'],
    ['a thrown string', 'boom', 'INTERNAL'],
    ['one of ours', new RunnerError('TLS_NAME', 'x'), 'TLS_NAME'],
  ];
  for (const [name, thrown, code] of cases) {
    it(`calls ${name} ${code}`, () => {
      expect(toRunnerError(thrown).code).to.equal(code);
    });
  }

  it('keeps what an error already knows when more is added', () => {
    const error = new RunnerError('TLS_NAME', 'x', { registry: 'a' }).with({ registry: 'b', image: 'i' });
    expect(error.details).to.include({ registry: 'a', image: 'i' });
  });
});
