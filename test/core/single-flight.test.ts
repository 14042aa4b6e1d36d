import { expect } from 'chai';
import { SingleFlight } from '../../src/core/single-flight.ts';

/** Work that the test finishes by hand, and that tells whether it was aborted. */
class Work {
  readonly #pending = Promise.withResolvers<string>();
  signal: AbortSignal | undefined;
  starts = 0;

  readonly start = async (signal: AbortSignal): Promise<string> => {
    this.starts += 1;
    this.signal = signal;
    return this.#pending.promise;
  };

  finish(value: string): void {
    this.#pending.resolve(value);
  }

  fail(error: Error): void {
    this.#pending.reject(error);
  }
}

const failureOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('SingleFlight', () => {
  it('does the work once for all who ask at the same time', async () => {
    const flights = new SingleFlight<string>();
    const work = new Work();
    const waiters = Array.from({ length: 100 }, async () => flights.run('a', undefined, work.start));
    work.finish('done');
    expect(new Set(await Promise.all(waiters))).to.deep.equal(new Set(['done']));
    expect(work.starts).to.equal(1);
    expect(flights.size).to.equal(0);
  });

  it('keeps different keys apart', async () => {
    const flights = new SingleFlight<string>();
    const [one, two] = [new Work(), new Work()];
    const both = Promise.all([flights.run('1', undefined, one.start), flights.run('2', undefined, two.start)]);
    one.finish('one');
    two.finish('two');
    expect(await both).to.deep.equal(['one', 'two']);
  });

  it('lets one waiter go without disturbing the others', async () => {
    const flights = new SingleFlight<string>();
    const work = new Work();
    const controller = new AbortController();
    const leaving = failureOf(flights.run('a', controller.signal, work.start));
    const staying = flights.run('a', undefined, work.start);
    const reason = new Error('left');
    controller.abort(reason);
    expect(await leaving).to.equal(reason);
    expect(work.signal?.aborted).to.equal(false);
    work.finish('done');
    expect(await staying).to.equal('done');
  });

  it('aborts the work when the last waiter has left, and starts anew for the next', async () => {
    const flights = new SingleFlight<string>();
    const work = new Work();
    const controller = new AbortController();
    const leaving = failureOf(flights.run('a', controller.signal, work.start));
    controller.abort(new Error('left'));
    await leaving;
    expect(work.signal?.aborted).to.equal(true);
    const next = new Work();
    const second = flights.run('a', undefined, next.start);
    work.fail(new Error('late end of the aborted work'));
    next.finish('fresh');
    expect(await second).to.equal('fresh');
  });

  it('gives every waiter the failure, and forgets it', async () => {
    const flights = new SingleFlight<string>();
    const work = new Work();
    const waiters = [flights.run('a', undefined, work.start), flights.run('a', undefined, work.start)].map(failureOf);
    const failure = new Error('broken');
    work.fail(failure);
    expect(await Promise.all(waiters)).to.deep.equal([failure, failure]);
    expect(flights.size).to.equal(0);
  });

  it('does not start for a caller who has already gone', async () => {
    const flights = new SingleFlight<string>();
    const work = new Work();
    expect(await failureOf(flights.run('a', AbortSignal.abort(new Error('gone')), work.start))).to.be.an('error');
    expect(work.starts).to.equal(0);
  });
});
