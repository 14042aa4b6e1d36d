import { RunnerError } from '../core/errors.ts';

/** `--max-concurrent-evaluations`: how many evaluations may be in flight. */
export class EvaluationSlots {
  readonly #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs the work in a slot, or throws `OVERLOADED` at once. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#limit) {
      throw new RunnerError('OVERLOADED', `${String(this.#limit)} evaluations are in flight, which is the limit`, {
        hint: 'Try again later, or raise --max-concurrent-evaluations.',
        retryAfterSeconds: 1,
      });
    }
    this.#taken += 1;
    try {
      return await work();
    } finally {
      this.#taken -= 1;
    }
  }
}
