import { systemClock } from '../../../src/core/clock.ts';
import type { Clock } from '../../../src/core/clock.ts';

/** Real time that can be moved on. Waits are noted, and over at once. */
export class MovableClock implements Clock {
  readonly delaysMs: number[] = [];
  #offsetMs = 0;

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  advance(ms: number): void {
    this.#offsetMs += ms;
  }

  async delay(ms: number, signal?: AbortSignal): Promise<void> {
    this.delaysMs.push(ms);
    await systemClock.delay(0, signal);
  }
}
