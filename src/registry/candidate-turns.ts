import { RunnerError } from '../core/errors.ts';
import { anonymous } from '../credentials/candidate.ts';
import type { Candidate } from '../credentials/candidate.ts';

/** Whose turn it is among the credentials that match an image (registry-behaviour 2.5, P9 and P19). */
export class CandidateTurns {
  readonly #candidates: readonly Candidate[];
  #turn = 0;
  #isSettled = false;

  /** In the order to try them; none means anonymous. */
  constructor(candidates: readonly Candidate[]) {
    this.#candidates = candidates;
  }

  get current(): Candidate {
    return this.#candidates[this.#turn] ?? anonymous;
  }

  /** The registry let the current one in: no other one is tried any more. */
  settle(): void {
    this.#isSettled = true;
  }

  /**
   * Passes the turn on from a candidate that was refused; nothing happens where another call has done so already. Throws
   * the refusal, with the keys of those refused before, when nobody is left.
   */
  pass(from: Candidate, refusal: RunnerError): 'passed' | 'passed before' {
    if (from.kind === 'login') from.issued?.refused();
    if (from !== this.current) return 'passed before';
    if (this.#isSettled || this.#turn + 1 >= this.#candidates.length) throw this.#withEarlier(refusal);
    this.#turn += 1;
    return 'passed';
  }

  #withEarlier(refusal: RunnerError): RunnerError {
    const keys = this.#candidates.slice(0, this.#turn).map((candidate) => `"${candidate.key}"`);
    if (keys.length === 0) return refusal;
    return new RunnerError(refusal.code, `${refusal.message}; refused before: ${keys.join(', ')}`, refusal.details);
  }
}
