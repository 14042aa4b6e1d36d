import type { Clock } from '../../core/clock.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';

export interface Renewable<T> {
  readonly value: T;
  /** From when on it is to be had anew, in milliseconds since the epoch. */
  readonly renewAtMs: number;
}

/** How long a new value is waited for while the old one may do. */
const patienceMs = 2000;
const leastAgeMs = 10_000;

/** A value that is had anew when it is due. While that fails or takes long the old one is used, since it may still be good. */
export class Renewed<T> {
  readonly #make: () => Promise<Renewable<T>>;
  readonly #clock: Clock;
  #held: Renewable<T> | undefined;
  #pending: Promise<T> | undefined;
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
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined;
    });
    const old = this.#held;
    if (old === undefined || this.#isRefused) return this.#pending;
    return unlessAborted(this.#pending, AbortSignal.timeout(patienceMs)).catch(() => old.value);
  }

  /** Not again for ten seconds, whatever comes of it: making it may be dear. */
  async #renew(): Promise<T> {
    const againAtMs = this.#clock.now() + leastAgeMs;
    try {
      const { value, renewAtMs } = await this.#make();
      this.#held = { value, renewAtMs: Math.max(renewAtMs, againAtMs) };
      this.#isRefused = false;
      return value;
    } catch (thrown) {
      if (this.#held !== undefined) this.#held = { ...this.#held, renewAtMs: againAtMs };
      throw thrown;
    }
  }

  /** It is not good any more. */
  refuse(): void {
    this.#isRefused = true;
  }
}
