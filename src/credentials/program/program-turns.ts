import { unlessAborted } from '../../core/unless-aborted.ts';

/** At most so many at a time; the rest wait in order. */
export class ProgramTurns {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws RunnerError the signal's reason when it aborts while waiting */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    while (this.#taken >= this.#limit) await this.#nextFree(signal);
    this.#taken += 1;
    try {
      return await work();
    } finally {
      this.#taken -= 1;
      // All of them look again, in order: the first may be giving up just now.
      for (const wake of this.#waiting) wake();
    }
  }

  async #nextFree(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    this.#waiting.add(wake);
    try {
      await unlessAborted(promise, signal);
    } finally {
      this.#waiting.delete(wake);
    }
  }
}
