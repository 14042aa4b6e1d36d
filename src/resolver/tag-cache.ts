import NodeCache from 'node-cache';

import type { Clock } from '../core/clock.ts';
import type { Resolution } from './resolution.ts';

/** What a name pointed at when the registry was last asked, and how it was reached. */
export interface TagEntry {
  readonly digest: string;
  readonly connection: Resolution['connection'];
  readonly attempts: Resolution['attempts'];
  readonly credential: string;
  /** The connection proved who the registry is. */
  readonly authenticated: boolean;
  /** A digest reference: it cannot point anywhere else. */
  readonly immutable: boolean;
}

/**
 * How far an answer may be used. `fresh`: as it is. `stale`: as it is, while the registry is asked in the background.
 * `fallback`: only when the registry cannot be reached. `held`: as it is, since the registry could not be reached just now.
 */
export type Freshness = 'fresh' | 'stale' | 'fallback' | 'held';

interface Stored {
  readonly entry: TagEntry;
  readonly freshUntilMs: number;
  readonly staleUntilMs: number;
  readonly fallbackUntilMs: number;
  readonly heldUntilMs: number;
}

const maxEntries = 10_000;
const fallbackMs = 24 * 60 * 60 * 1000;
const holdMs = 30_000;

/**
 * Name and credentials → digest, with stale-while-revalidate and stale-if-error as in RFC 5861: fresh for the given time,
 * stale for as long again, a fallback for a day. What came over a connection that proves nothing is only ever fresh,
 * or an attacker's answer would outlive the attack.
 *
 * node-cache drops a value at its TTL, so its TTL is all three together and the freshness stands in the value.
 */
export class TagCache {
  readonly #cache = new NodeCache({ useClones: false, checkperiod: 60 });
  readonly #freshMs: number;
  readonly #clock: Clock;

  constructor(freshMs: number, clock: Clock) {
    this.#freshMs = freshMs;
    this.#clock = clock;
  }

  get(key: string): { readonly entry: TagEntry; readonly freshness: Freshness } | undefined {
    const stored = this.#cache.get<Stored>(key);
    if (stored === undefined) return undefined;
    const freshness = freshnessAt(this.#clock.now(), stored);
    if (freshness === undefined) {
      this.#cache.del(key);
      return undefined;
    }
    return { entry: stored.entry, freshness };
  }

  set(key: string, entry: TagEntry): void {
    if (this.#freshMs === 0 && !entry.immutable) return;
    if (this.#cache.getStats().keys >= maxEntries) this.#makeRoom();
    this.#store(key, this.#stored(entry));
  }

  /** The registry could not be reached: for a while nobody has to find that out again. */
  hold(key: string): void {
    const stored = this.#cache.get<Stored>(key);
    if (stored !== undefined) this.#store(key, { ...stored, heldUntilMs: this.#clock.now() + holdMs });
  }

  /** The registry said that it is no longer so. */
  delete(key: string): void {
    this.#cache.del(key);
  }

  close(): void {
    this.#cache.flushAll();
    this.#cache.close();
  }

  #stored(entry: TagEntry): Stored {
    const freshUntilMs = entry.immutable ? Infinity : this.#clock.now() + this.#freshMs;
    const mayBeStale = entry.authenticated && !entry.immutable;
    const staleUntilMs = freshUntilMs + (mayBeStale ? this.#freshMs : 0);
    const fallbackUntilMs = staleUntilMs + (mayBeStale ? fallbackMs : 0);
    return { entry, freshUntilMs, staleUntilMs, fallbackUntilMs, heldUntilMs: 0 };
  }

  #store(key: string, stored: Stored): void {
    const ttlSeconds = stored.entry.immutable ? 0 : (stored.fallbackUntilMs - this.#clock.now()) / 1000;
    this.#cache.set(key, Object.freeze(stored), ttlSeconds);
  }

  /** node-cache throws when it is full; here the oldest tenth goes. */
  #makeRoom(): void {
    this.#cache.del(this.#cache.keys().slice(0, maxEntries / 10));
  }
}

function freshnessAt(nowMs: number, stored: Stored): Freshness | undefined {
  if (nowMs < stored.freshUntilMs) return 'fresh';
  if (nowMs >= stored.fallbackUntilMs) return undefined;
  if (nowMs < stored.heldUntilMs) return 'held';
  return nowMs < stored.staleUntilMs ? 'stale' : 'fallback';
}
