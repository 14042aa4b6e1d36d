import type { RunnerError } from '../../core/errors.ts';

/** How one watch came to its end. */
export type WatchEnd =
  /** The server ended it, as it does after a while. */
  | { readonly kind: 'ended' }
  /** The version to watch from is forgotten: 410. */
  | { readonly kind: 'expired' }
  /** Nothing came for longer than a server that lives is silent. */
  | { readonly kind: 'quiet' }
  /** An event was missed. */
  | { readonly kind: 'malformed'; readonly why: string }
  | { readonly kind: 'failed'; readonly error: RunnerError };

export interface NextWatch {
  /** Ask for everything first. */
  readonly relist: boolean;
  readonly delayMs: number;
}

const baseDelayMs = 250;
const maxDelayMs = 30_000;
const maxListDelayMs = 5000;

/**
 * What comes after a watch that ended.
 *
 * @param fruitless how many watches and lists in a row brought nothing, this one included
 * @param random 0 to 1
 */
export function nextWatch(end: WatchEnd, fruitless: number, random: number): NextWatch {
  const delayMs = backOffMs(fruitless, random);
  switch (end.kind) {
    case 'ended':
    case 'quiet':
      return { relist: false, delayMs: fruitless > 1 ? delayMs : 0 };
    case 'expired':
      return { relist: true, delayMs: fruitless > 1 ? delayMs : 0 };
    case 'malformed':
      return { relist: true, delayMs: Math.max(delayMs, baseDelayMs) };
    case 'failed':
      // Where only lists are allowed, a list every few seconds is the next best.
      if (end.error.code === 'CLUSTER_DENIED') return { relist: true, delayMs: Math.min(delayMs, maxListDelayMs) };
      return { relist: false, delayMs };
  }
}

/** Half to the whole of 250 ms, twice as much with each time, at most 30 s: replicas do not come back all at once. */
export function backOffMs(times: number, random: number): number {
  return Math.min(maxDelayMs, baseDelayMs * 2 ** Math.max(0, times - 1)) * (0.5 + random / 2);
}
