import type { Attempt } from '../../core/attempt.ts';
import type { RunnerError } from '../../core/errors.ts';

type Place = Pick<Attempt, 'step' | 'address'>;

/** What was tried to reach the hosts of one resolution, in order; a repeated (step, address, outcome) is noted once. */
export class AttemptLog {
  readonly #seen = new Map<string, Attempt>();
  #underWay: Place | undefined;

  get list(): readonly Attempt[] {
    return [...this.#seen.values()];
  }

  /** So that who stops waiting before the outcome can still say for what. */
  begin(place: Place): void {
    this.#underWay = place;
  }

  add(attempt: Attempt): void {
    this.#underWay = undefined;
    const key = `${attempt.step} ${attempt.address} ${attempt.outcome}`;
    if (!this.#seen.has(key)) this.#seen.set(key, attempt);
  }

  /** The list for one who stops waiting now, though others may go on: what is under way has failed for him. */
  abandoned(reason: string): readonly Attempt[] {
    return this.#underWay === undefined ? this.list : [...this.list, { ...this.#underWay, outcome: 'failed', reason }];
  }
}

/** What an attempt says that ended because nobody waits any more. */
export function abandonReason({ code }: RunnerError): string {
  return code === 'DEADLINE' ? 'no answer before the deadline' : 'the call was cancelled';
}
