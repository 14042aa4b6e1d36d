import { randomUUID } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { RunnerError } from '../../core/errors.ts';

/** The folders of a store. A store of another version lies beside it. */
export class StoreLayout {
  readonly #base: string;

  constructor(directory: string) {
    this.#base = join(directory, 'v1');
  }

  /** One folder for each image: `image.json` and `root`. */
  get roots(): string {
    return join(this.#base, 'roots');
  }

  /** What is being made or removed, each in a folder whose name begins with the owner's. */
  get work(): string {
    return join(this.#base, 'work');
  }

  /** A new name in `work`. */
  newWork(owner: string): string {
    return join(this.work, `${owner}.${randomUUID()}`);
  }

  /** One file for each process that uses the store. */
  get owners(): string {
    return join(this.#base, 'owners');
  }

  get #marks(): string {
    return join(this.#base, 'marks');
  }

  get #locks(): string {
    return join(this.#base, 'locks');
  }

  imageFolder(key: string): string {
    return join(this.roots, key);
  }

  /** A folder with one file for each process that uses the image. */
  marks(key: string): string {
    return join(this.#marks, key);
  }

  lock(key: string): string {
    return join(this.#locks, key);
  }

  /** @throws RunnerError `STORE_FAILED` when the folder is somebody else's */
  async create(): Promise<void> {
    await mkdir(this.#base, { recursive: true, mode: 0o700 });
    const { uid } = await stat(this.#base);
    if (uid !== process.geteuid?.()) {
      throw new RunnerError('STORE_FAILED', `the image store ${this.#base} belongs to another user`, {
        hint: 'Point --image-store at a folder of your own.',
      });
    }
    for (const folder of [this.roots, this.work, this.owners, this.#marks, this.#locks]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
  }
}

/** The name of an image's folder: a digest without anything that a file system could mind. */
export function keyOf(digest: string): string {
  return digest.replace(':', '-');
}
