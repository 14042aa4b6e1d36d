import { shareDeadline } from './deadline.ts';

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
}

/**
 * Work shared by all who ask for the same key at the same time. One waiter's cancellation leaves the others waiting;
 * the work itself is aborted only when nobody waits any more.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  get size(): number {
    return this.#flights.size;
  }

  async run(key: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, signal, work);
    shareDeadline(flight.controller.signal, signal);
    flight.waiters += 1;
    try {
      return await (signal === undefined
        ? flight.promise
        : Promise.race([flight.promise, rejectOnAbort(signal, flight.promise)]));
    } finally {
      flight.waiters -= 1;
      if (flight.waiters === 0 && this.#flights.get(key) === flight) {
        this.#flights.delete(key);
        flight.controller.abort();
      }
    }
  }

  #start(key: string, first: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    shareDeadline(controller.signal, first);
    const promise = work(controller.signal).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    promise.catch(() => undefined);
    const flight: Flight<T> = { promise, controller, waiters: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}

async function rejectOnAbort<T>(signal: AbortSignal, settled: Promise<T>): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => {
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const detach = (): void => {
      signal.removeEventListener('abort', onAbort);
    };
    settled.then(detach, detach);
  });
}
