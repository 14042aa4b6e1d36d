import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type { StoreLayout } from './store-layout.ts';
import type { StoreOwner } from './store-owner.ts';

const firstPollMs = 20;
const maxPollMs = 250;

/**
 * A lock between processes: a file with the name of its owner in it. It appears with its content in one step, by `link`,
 * so that nobody ever reads half of it; and it does not outlive its owner.
 */
export class StoreLock {
  readonly #layout: StoreLayout;
  readonly #path: string;
  readonly #owner: StoreOwner;

  constructor(layout: StoreLayout, key: string, owner: StoreOwner) {
    this.#layout = layout;
    this.#path = layout.lock(key);
    this.#owner = owner;
  }

  /** Runs `work` once nobody else holds the lock. */
  async hold<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    let pollMs = firstPollMs;
    while (!(await this.#tryTake())) {
      await delay(pollMs, undefined, { signal }).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error;
      });
      pollMs = Math.min(pollMs * 2, maxPollMs);
    }
    return await this.#release(work);
  }

  /** Runs `work` unless somebody holds the lock; says whether it did. */
  async holdIfFree(work: () => Promise<void>): Promise<boolean> {
    if (!(await this.#tryTake())) return false;
    await this.#release(work);
    return true;
  }

  async #release<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      await rm(this.#path, { force: true });
    }
  }

  async #tryTake(): Promise<boolean> {
    if (await this.#place()) return true;
    const holder = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (holder === undefined || (await this.#owner.isAlive(holder))) return false;
    await this.#removeStale(holder);
    return false;
  }

  async #place(): Promise<boolean> {
    const draft = this.#layout.newWork(this.#owner.text);
    await writeFile(draft, this.#owner.text);
    try {
      await link(draft, this.#path);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Takes the dead owner's lock away, and puts it back should it have become somebody else's in between. */
  async #removeStale(holder: string): Promise<void> {
    const taken = this.#layout.newWork(this.#owner.text);
    await rename(this.#path, taken).catch(() => undefined);
    const found = await readFile(taken, 'utf8').catch(() => holder);
    if (found !== holder) await link(taken, this.#path).catch(() => undefined);
    await rm(taken, { force: true });
  }
}
