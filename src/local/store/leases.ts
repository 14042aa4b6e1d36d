import type { StoredImage } from './stored-image.ts';

/** A lease on an unpacked root file system: nobody removes it until `release` is called. */
export interface UnpackedImage {
  /** The folder to be used as `/`. */
  readonly root: string;
  /** The image's own /etc/passwd and /etc/group, empty where it has none. */
  readonly passwd: string;
  readonly group: string;
  release(): void;
  /** To be asked when the root cannot be used: true when somebody removed it, and `unpack` has to be called again. */
  isGone(): Promise<boolean>;
}

/** An image that this process has opened, and who uses it. */
export interface OpenImage {
  readonly key: string;
  readonly root: string;
  readonly stored: StoredImage;
  leases: number;
  usedMs: number;
}

/** The images that this process has opened. A warm call asks nobody else. */
export class Leases {
  readonly #open = new Map<string, OpenImage>();
  readonly #isWhole: (key: string) => Promise<boolean>;

  /** `isWhole` looks whether an image is still on disk. */
  constructor(isWhole: (key: string) => Promise<boolean>) {
    this.#isWhole = isWhole;
  }

  get images(): Iterable<OpenImage> {
    return this.#open.values();
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  find(key: string): OpenImage | undefined {
    return this.#open.get(key);
  }

  open(key: string, root: string, stored: StoredImage): OpenImage {
    const image = { key, root, stored, leases: 0, usedMs: Date.now() };
    this.#open.set(key, image);
    return image;
  }

  /** Forgets an image unless somebody here uses it; says whether it is forgotten. The image's lock must be held. */
  letGo(key: string): boolean {
    const image = this.#open.get(key);
    if (image === undefined) return true;
    return image.leases === 0 && this.#open.delete(key);
  }

  take(image: OpenImage): UnpackedImage {
    const { root, stored } = image;
    image.leases += 1;
    image.usedMs = Date.now();
    let held = true;
    return {
      root,
      passwd: stored.passwd,
      group: stored.group,
      release: () => {
        if (!held) return;
        held = false;
        image.leases -= 1;
        image.usedMs = Date.now();
      },
      isGone: async () => {
        if (await this.#isWhole(image.key)) return false;
        if (this.#open.get(image.key) === image) this.#open.delete(image.key);
        return true;
      },
    };
  }
}
