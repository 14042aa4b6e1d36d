import type { Clock } from '../../core/clock.ts';
import { type Given, type ProvidedImage, scopesOf } from './given.ts';

/** An answer, and how long it counts; times in milliseconds since the epoch. */
export interface Held {
  readonly given: Given;
  /** Until when it is not asked for anew. */
  readonly freshUntilMs: number;
  /** From when on it is of no use to a registry. */
  readonly endsAtMs: number;
}

const maxEntries = 1_000;

/** The answers of one provider, by their scopes; those given longest ago make room for new ones. */
export class AnswerMemory {
  readonly #clock: Clock;
  readonly #answers = new Map<string, Held>();
  readonly #failures = new Map<string, Held>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What counts for an image; a failure only where there is nothing else. */
  find(image: ProvidedImage): Held | undefined {
    return this.#living(this.#answers, image) ?? this.#living(this.#failures, image);
  }

  /** What was said last, even if it counts no more; a failure only where there is nothing else. */
  last(image: ProvidedImage): Held | undefined {
    return this.#living(this.#answers, image) ?? heldIn(this.#answers, image)[0] ?? heldIn(this.#failures, image)[0];
  }

  hold(held: Held): void {
    const { scope, answer } = held.given;
    const entries = answer.kind === 'failed' ? this.#failures : this.#answers;
    entries.delete(scope);
    entries.set(scope, held);
    const [oldest] = entries.keys();
    if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
  }

  /** It counts no more. Returns whether it did. */
  end(given: Given): boolean {
    const held = this.#answers.get(given.scope);
    if (held?.given !== given || held.endsAtMs === -Infinity) return false;
    this.#answers.set(given.scope, { given, freshUntilMs: -Infinity, endsAtMs: -Infinity });
    return true;
  }

  #living(entries: ReadonlyMap<string, Held>, image: ProvidedImage): Held | undefined {
    const nowMs = this.#clock.now();
    return heldIn(entries, image).find(({ endsAtMs }) => nowMs < endsAtMs);
  }
}

function heldIn(entries: ReadonlyMap<string, Held>, image: ProvidedImage): readonly Held[] {
  return scopesOf(image).flatMap((scope) => entries.get(scope) ?? []);
}
