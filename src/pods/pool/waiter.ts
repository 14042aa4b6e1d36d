import type { RunnerError } from '../../core/errors.ts';
import type { Lease } from './lease.ts';

/** A call that waits for a pod. Settled once: later attempts do nothing. */
export class Waiter {
  readonly lease: Promise<Lease>;
  /** A pod not to be preferred: the call was lost there. */
  readonly avoidUid: string;
  /** How often the pod that it waited for, the last one there was, went before it served. */
  moves = 0;
  readonly #resolve: (lease: Lease) => void;
  readonly #reject: (error: RunnerError) => void;
  #isSettled = false;

  constructor(avoidUid: string) {
    const { promise, resolve, reject } = Promise.withResolvers<Lease>();
    this.lease = promise;
    this.avoidUid = avoidUid;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  grant(lease: Lease): void {
    if (this.#isSettled) {
      lease.release();
      return;
    }
    this.#isSettled = true;
    this.#resolve(lease);
  }

  fail(error: RunnerError): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#reject(error);
  }
}
