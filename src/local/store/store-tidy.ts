import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { StoreLayout } from './store-layout.ts';
import { StoreLock } from './store-lock.ts';
import { ownerIn, type StoreOwner } from './store-owner.ts';
import { readStoredImage, storedBytes } from './stored-image.ts';

interface Kept {
  readonly key: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/** Removes what nobody needs from a store that others use too. */
export class StoreTidy {
  readonly #layout: StoreLayout;
  readonly #owner: StoreOwner;

  constructor(layout: StoreLayout, owner: StoreOwner) {
    this.#layout = layout;
    this.#owner = owner;
  }

  /** A new empty folder for something being made. */
  async workFolder(): Promise<string> {
    const folder = this.#layout.newWork(this.#owner.text);
    await mkdir(folder, { mode: 0o700 });
    return folder;
  }

  /** Takes an image's folder out of sight in one step, then removes it. The image's lock must be held. */
  async discard(key: string): Promise<void> {
    const trash = await this.workFolder();
    await rename(this.#layout.imageFolder(key), join(trash, key)).catch(ignoreMissing);
    await rm(trash, { recursive: true, force: true });
  }

  /** Removes what dead processes left half done. */
  async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.#layout.work)) {
      if (await this.#owner.isAlive(ownerIn(name))) continue;
      await rm(join(this.#layout.work, name), { recursive: true, force: true });
    }
    for (const owner of await readdir(this.#layout.owners)) {
      if (!(await this.#owner.isAlive(owner))) await rm(join(this.#layout.owners, owner), { force: true });
    }
  }

  /**
   * Removes the images that were not used for the longest time until the rest fits. `letGo` is asked before an image
   * that this process uses is removed.
   *
   * @returns how many were removed
   */
  async evict(maxBytes: number, letGo: (key: string) => boolean): Promise<number> {
    const kept = await this.#kept();
    let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
    let removed = 0;
    for (const { key, bytes } of kept.toSorted((a, b) => a.usedMs - b.usedMs)) {
      if (total <= maxBytes) break;
      if (!(await this.#evictOne(key, letGo))) continue;
      total -= bytes;
      removed += 1;
    }
    return removed;
  }

  async #kept(): Promise<readonly Kept[]> {
    const keys = await readdir(this.#layout.roots);
    return await Promise.all(
      keys.map(async (key) => {
        const folder = this.#layout.imageFolder(key);
        const stored = await readStoredImage(folder);
        const used = await stat(join(folder, 'image.json')).catch(() => undefined);
        return { key, bytes: stored ? storedBytes(stored) : 0, usedMs: used?.mtimeMs ?? 0 };
      }),
    );
  }

  async #evictOne(key: string, letGo: (key: string) => boolean): Promise<boolean> {
    let removed = false;
    await new StoreLock(this.#layout, key, this.#owner).holdIfFree(async () => {
      if (await this.#isUsedByOthers(key)) return;
      if (!letGo(key)) return;
      await this.discard(key);
      await rm(this.#layout.marks(key), { recursive: true, force: true });
      removed = true;
    });
    return removed;
  }

  async #isUsedByOthers(key: string): Promise<boolean> {
    const owners = await readdir(this.#layout.marks(key)).catch(() => []);
    for (const owner of owners.filter((each) => each !== this.#owner.text)) {
      if (await this.#owner.isAlive(owner)) return true;
    }
    return false;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
