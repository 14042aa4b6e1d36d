import { abortError } from '../../core/deadline.ts';

interface Waiter {
  readonly host: string;
  readonly start: () => void;
}

/** At most so many exchanges at a time, per host and in all (registry-behaviour 5.9, TO7); the rest wait in order. */
export class Slots {
  readonly #perHost: number;
  readonly #total: number;
  readonly #busy = new Map<string, number>();
  readonly #waiting = new Set<Waiter>();
  #used = 0;

  constructor(perHost: number, total: number) {
    this.#perHost = perHost;
    this.#total = total;
  }

  /** Resolves with the function that gives the slot back; calling it again does nothing. Rejects when aborted while waiting. */
  async take(host: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#isFree(host)) return this.#occupy(host);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(waiter);
        reject(abortError(signal));
      };
      const waiter: Waiter = {
        host,
        start: () => {
          signal.removeEventListener('abort', onAbort);
          resolve(this.#occupy(host));
        },
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #isFree(host: string): boolean {
    return this.#used < this.#total && (this.#busy.get(host) ?? 0) < this.#perHost;
  }

  #occupy(host: string): () => void {
    this.#used += 1;
    this.#busy.set(host, (this.#busy.get(host) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#release(host);
    };
  }

  #release(host: string): void {
    this.#used -= 1;
    const left = (this.#busy.get(host) ?? 1) - 1;
    if (left === 0) this.#busy.delete(host);
    else this.#busy.set(host, left);
    for (const waiter of this.#waiting) {
      if (!this.#isFree(waiter.host)) continue;
      this.#waiting.delete(waiter);
      waiter.start();
    }
  }
}
