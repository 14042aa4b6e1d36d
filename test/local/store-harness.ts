import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { ImageStore, type ImageStoreOptions } from '../../src/local/store/image-store.ts';
import type { UnpackedImage } from '../../src/local/store/leases.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import type { MadeImage } from './made-image.ts';

export const never = new AbortController().signal;
export const greeting = { kind: 'file', path: 'greeting', content: 'hello' } as const;

/** A folder for a store, and every store object that a test makes for it. */
export class StoreHarness {
  readonly #folder: TempFolder;
  readonly #stores: ImageStore[] = [];

  private constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  static async create(): Promise<StoreHarness> {
    return new StoreHarness(await tempFolder('image-store-test'));
  }

  newStore(options: Partial<ImageStoreOptions> = {}): ImageStore {
    const defaults = { directory: this.#folder.path, maxBytes: 1e9, log: silentLog, counters: noCounters };
    const store = new ImageStore({ ...defaults, ...options });
    this.#stores.push(store);
    return store;
  }

  /** A path inside the store. */
  path(...names: readonly string[]): string {
    return join(this.#folder.path, 'v1', ...names);
  }

  async storedRoots(): Promise<number> {
    return (await readdir(this.path('roots'))).length;
  }

  /** Everything that no image needs: unfinished work and locks. */
  async leftovers(): Promise<readonly string[]> {
    const found = await Promise.all(['work', 'locks'].map(async (name) => await readdir(this.path(name))));
    return found.flat();
  }

  async remove(): Promise<void> {
    for (const store of this.#stores) await store.close();
    await this.#folder.remove();
  }
}

export async function unpack(store: ImageStore, image: MadeImage, signal = never): Promise<UnpackedImage> {
  return await store.unpack(image.content, image.open, signal);
}

export async function greetingIn(image: UnpackedImage): Promise<string> {
  return await readFile(join(image.root, 'greeting'), 'utf8');
}
