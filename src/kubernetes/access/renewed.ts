import type { Clock } from '../../core/clock.ts';

export interface Renewable<T> {
  readonly value: T;
  /** From when on it is to be had anew, in milliseconds since the epoch. */
  readonly renewAtMs: number;
}

/** A value that is had anew when it is due. While that fails the old one is used, since it may still be good. */
export class Renewed<T> {
  readonly #make: () => Promise<Renewable<T>>;
  readonly #clock: Clock;
  #held: Renewable<T> | undefined;
  #pending: Promise<Renewable<T>> | undefined;
  #isRefused = false;

  constructor(make: () => Promise<Renewable<T>>, clock: Clock) {
    this.#make = make;
    this.#clock = clock;
  }

  get held(): T | undefined {
    return this.#held?.value;
  }

  /** @throws what making it does, when there is no older one, or that one was refused */
  async current(): Promise<T> {
    if (this.#held !== undefined && !this.#isRefused && this.#clock.now() < this.#held.renewAtMs)
      return this.#held.value;
    this.#pending ??= this.#make().finally(() => {
      this.#pending = undefined;
    });
    try {
      this.#held = await this.#pending;
      this.#isRefused = false;
      return this.#held.value;
    } catch (thrown) {
      if (this.#held === undefined || this.#isRefused) throw thrown;
      return this.#held.value;
    }
  }

  /** It is not good any more. */
  refuse(): void {
    this.#isRefused = true;
  }
}
