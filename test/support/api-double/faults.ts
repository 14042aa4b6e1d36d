import type { Target } from './target.ts';

/** What happens instead of, or besides, what was asked. */
export type FaultEffect =
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
    }
  /** The connection ends before anything is done. */
  | { readonly kind: 'lost-request' }
  /** It is done, and the connection ends instead of an answer. */
  | { readonly kind: 'lost-answer' }
  /** It is done at once, and answered only then. */
  | { readonly kind: 'late-answer'; readonly ms: number }
  /** Never answered. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'delay'; readonly ms: number };

export interface Fault {
  readonly verb?: Target['verb'];
  readonly resource?: string;
  readonly name?: string;
  /** How often; default once. */
  readonly times?: number;
  readonly effect: FaultEffect;
}

/** Faults on demand, in the order in which they were asked for. */
export class Faults {
  #pending: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#pending.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#pending = [];
  }

  /** The effect for this request, which is used up by it. */
  take(target: Target): FaultEffect | undefined {
    const hit = this.#pending.find(({ fault, left }) => left > 0 && concerns(fault, target));
    if (hit === undefined) return undefined;
    hit.left -= 1;
    return hit.fault.effect;
  }
}

function concerns({ verb, resource, name }: Fault, target: Target): boolean {
  return (
    (verb ?? target.verb) === target.verb &&
    (resource ?? target.resource) === target.resource &&
    (name ?? target.name) === target.name
  );
}
