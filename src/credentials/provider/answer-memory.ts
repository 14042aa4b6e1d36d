import type { Clock } from '../../core/clock.ts';
import { type Given, type ProvidedImage, scopesOf } from './given.ts';

/** An answer that still counts. */
export interface Held {
  readonly given: Given;
  /** Until when it is not asked for anew, in milliseconds since the epoch. */
  readonly freshUntilMs: number;
  /** When it is forgotten. */
  readonly endsAtMs: number;
}

const maxEntries = 1_000;

/** The answers of one provider, by their scopes; those given longest ago make room for new ones. */
export class AnswerMemory {
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What counts for an image; a failure only where there is nothing else. */
  find(image: ProvidedImage): Held | undefined {
    const nowMs = this.#clock.now();
    const living = scopesOf(image).flatMap((scope) => {
      const held = this.#held.get(scope);
      return held !== undefined && nowMs < held.endsAtMs ? [held] : [];
    });
    return living.find(({ given }) => given.answer.kind === 'answer') ?? living[0];
  }

  hold(held: Held): void {
    const nowMs = this.#clock.now();
    for (const [scope, { endsAtMs }] of this.#held) if (endsAtMs <= nowMs) this.#held.delete(scope);
    this.#held.delete(held.given.scope);
    this.#held.set(held.given.scope, held);
    const [oldest] = this.#held.keys();
    if (this.#held.size > maxEntries && oldest !== undefined) this.#held.delete(oldest);
  }

  /** Whether it was still there. */
  forget(given: Given): boolean {
    return this.#held.get(given.scope)?.given === given && this.#held.delete(given.scope);
  }
}
