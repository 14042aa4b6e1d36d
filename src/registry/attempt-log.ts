import type { Attempt } from '../core/attempt.ts';

/** What was tried to reach the hosts of one resolution, in order; a repeated (step, address, outcome) is noted once. */
export class AttemptLog {
  readonly #seen = new Map<string, Attempt>();

  get list(): readonly Attempt[] {
    return [...this.#seen.values()];
  }

  add(attempt: Attempt): void {
    const key = `${attempt.step} ${attempt.address} ${attempt.outcome}`;
    if (!this.#seen.has(key)) this.#seen.set(key, attempt);
  }
}
