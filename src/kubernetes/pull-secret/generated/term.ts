/** How long a login is good, in milliseconds since the epoch. */
export interface Term {
  readonly obtainedAtMs: number;
  /** Undefined when nobody tells. */
  readonly expiresAtMs: number | undefined;
}

/** What is left is for pods that are starting with it, and for tries that fail. */
const usedShare = 0.8;
/** Tokens that do not say how long they live do so for an hour or more, everywhere that we know of. */
const unknownLifeMs = 30 * 60_000;

/** When a login should be replaced by the next one. */
export function dueAtMs({ obtainedAtMs, expiresAtMs }: Term): number {
  if (expiresAtMs === undefined) return obtainedAtMs + unknownLifeMs;
  return obtainedAtMs + (expiresAtMs - obtainedAtMs) * usedShare;
}

/** Whether another login, which is not due yet, is good for longer. One from the future by our clock says nothing. */
export function outlives(other: Term | undefined, { expiresAtMs }: Term, nowMs: number): boolean {
  if (other?.expiresAtMs === undefined || expiresAtMs === undefined) return false;
  return other.expiresAtMs > expiresAtMs && other.obtainedAtMs <= nowMs && nowMs < dueAtMs(other);
}

/** False where nobody tells. */
export function hasEnded(term: Term | undefined, nowMs: number): boolean {
  return term?.expiresAtMs !== undefined && term.expiresAtMs <= nowMs;
}
