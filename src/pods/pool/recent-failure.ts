import type { Clock } from '../../core/clock.ts';
import type { RunnerError } from '../../core/errors.ts';

/** A function whose pod failed gets no other for so long: a thousand calls must not make a thousand pods. */
const memoryMs = 3000;

/** Why the last pod of a function failed, if that was a moment ago. */
export class RecentFailure {
  readonly #clock: Clock;
  #failure: { readonly error: RunnerError; readonly untilMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get error(): RunnerError | undefined {
    if (this.#failure !== undefined && this.#failure.untilMs <= this.#clock.now()) this.#failure = undefined;
    return this.#failure?.error;
  }

  note(error: RunnerError): void {
    this.#failure = { error, untilMs: this.#clock.now() + memoryMs };
  }
}
