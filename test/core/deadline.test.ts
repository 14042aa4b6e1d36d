import { expect } from 'chai';
import { withTimeout } from '../../src/core/abort.ts';
import { abortError, noteDeadline, remainingMs, shareDeadline } from '../../src/core/deadline.ts';
import { RunnerError } from '../../src/core/errors.ts';
import { SingleFlight } from '../../src/core/single-flight.ts';
import { unlessAborted } from '../../src/core/unless-aborted.ts';

function endingIn(ms: number): AbortSignal {
  const { signal } = new AbortController();
  noteDeadline(signal, undefined, Date.now() + ms);
  return signal;
}

describe('deadlines', () => {
  it('are unknown until somebody says, and the earliest of a chain counts', () => {
    expect(remainingMs(new AbortController().signal)).to.equal(Infinity);
    using outer = withTimeout(endingIn(5000), 60_000, 'the call');
    using inner = withTimeout(outer.signal, 30_000, 'a part of it');
    expect(remainingMs(inner.signal)).to.be.within(4000, 5000);
  });

  it('of shared work are the latest of those who wait for it, also of one who comes later', async () => {
    const flights = new SingleFlight<number>();
    const seen = Promise.withResolvers<AbortSignal>();
    const done = Promise.withResolvers<number>();
    const work = async (signal: AbortSignal): Promise<number> => {
      seen.resolve(signal);
      return done.promise;
    };
    const first = flights.run('key', endingIn(1000), work);
    const shared = await seen.promise;
    expect(remainingMs(shared)).to.be.within(0, 1000);
    const second = flights.run('key', endingIn(9000), work);
    expect(remainingMs(shared)).to.be.within(8000, 9000);
    shareDeadline(shared, undefined);
    expect(remainingMs(shared)).to.equal(Infinity);
    done.resolve(7);
    expect(await Promise.all([first, second])).to.deep.equal([7, 7]);
  });
});

describe('unlessAborted', () => {
  it('gives the outcome of the work', async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve(1), signal)).to.equal(1);
    const failed = await unlessAborted(Promise.reject(new Error('no')), signal).catch(String);
    expect(failed).to.equal('Error: no');
  });

  it('ends with the reason of the signal, whether it aborts before or meanwhile', async () => {
    const reason = new RunnerError('DEADLINE', 'too long');
    const never = new Promise<never>(() => undefined);
    for (const isBefore of [true, false]) {
      const controller = new AbortController();
      if (isBefore) controller.abort(reason);
      const outcome = unlessAborted(never, controller.signal).catch((error: unknown) => error);
      if (!isBefore) controller.abort(reason);
      expect(await outcome).to.equal(reason);
    }
  });

  it('makes a cancellation of any reason that is none of ours', () => {
    expect(abortError(AbortSignal.abort('why not'))).to.include({ code: 'CANCELLED' });
  });
});
