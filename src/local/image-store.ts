import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { withTimeout } from '../core/abort.ts';
import type { Counters } from '../core/counters.ts';
import type { Log } from '../core/log.ts';
import { SingleFlight } from '../core/single-flight.ts';
import type { ImageContent, LayerSource } from './image-content.ts';
import { toLayerError } from './layer-error.ts';
import { defaultLayerLimits, type LayerLimits } from './layer-limits.ts';
import { pullImage } from './pull.ts';
import type { PullEvent } from './pull-event.ts';
import { keyOf, StoreLayout } from './store-layout.ts';
import { StoreLock } from './store-lock.ts';
import { StoreOwner } from './store-owner.ts';
import { StoreTidy } from './store-tidy.ts';
import { openStoredImage, readStoredImage, rootOf, type StoredImage, touchStoredImage } from './stored-image.ts';

export interface ImageStoreOptions {
  /** Made when missing; other processes may use it at the same time. */
  readonly directory: string;
  /** Images that nobody uses are removed, the longest unused first, to stay below it. */
  readonly maxBytes: number;
  readonly limits?: LayerLimits;
  /** Default 10 minutes. */
  readonly pullTimeoutMs?: number;
  /** How long after its last use an image stays reserved for this process. Default 1 minute. */
  readonly idleMs?: number;
  readonly onProgress?: (event: PullEvent) => void;
  readonly log: Log;
  readonly counters: Counters;
}

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

interface OpenImage {
  readonly key: string;
  readonly root: string;
  readonly stored: StoredImage;
  leases: number;
  usedMs: number;
}

interface Session {
  readonly owner: StoreOwner;
  readonly tidy: StoreTidy;
  readonly timer: NodeJS.Timeout;
}

const tidyIntervalMs = 60_000;
const defaultPullTimeoutMs = 10 * 60_000;
/** Connections that break in the middle of a layer; whatever could be repeated at less cost has been. */
const worthAnotherTry: readonly string[] = ['UNREACHABLE', 'REGISTRY_UNAVAILABLE'];

/**
 * Root file systems of images, each unpacked once, whichever of the processes that share the store needs it first.
 *
 * An image appears in one step, by `rename`, under its digest. A process that uses it leaves a mark on disk at the first
 * use; later calls touch nothing but memory.
 */
export class ImageStore {
  readonly #options: ImageStoreOptions;
  readonly #layout: StoreLayout;
  readonly #open = new Map<string, OpenImage>();
  readonly #flights = new SingleFlight<OpenImage>();
  #session: Promise<Session> | undefined;
  /** Whether there may be more than `maxBytes` by now. */
  #grown = true;

  constructor(options: ImageStoreOptions) {
    this.#options = options;
    this.#layout = new StoreLayout(options.directory);
  }

  /**
   * A lease on the image's root file system, which is pulled first when it is not there. `open` is asked for the source of
   * layers only then.
   *
   * @throws RunnerError `LAYER_INVALID`, `LAYER_LIMIT`, `STORE_FAILED`, `DEADLINE`, and what `open` and its source throw
   */
  async unpack(content: ImageContent, open: () => Promise<LayerSource>, signal: AbortSignal): Promise<UnpackedImage> {
    const key = keyOf(content.platformDigest);
    const known = this.#open.get(key);
    if (known) return this.#lease(known);
    return this.#lease(
      await this.#flights.run(key, signal, async (shared) => await this.#load(key, content, open, shared)),
    );
  }

  /** Lets go of what is no longer used, removes leftovers of crashed processes, and evicts. Runs by itself, too. */
  async tidy(): Promise<void> {
    const session = await this.#start();
    await session.owner.renew();
    const { idleMs = tidyIntervalMs } = this.#options;
    for (const image of this.#open.values()) {
      await touchStoredImage(this.#layout.imageFolder(image.key), image.usedMs).catch(() => undefined);
      if (Date.now() - image.usedMs >= idleMs) await this.#retire(image.key, session);
    }
    await session.tidy.removeLeftovers();
    if (!this.#grown) return;
    this.#grown = false;
    const evicted = await session.tidy.evict(this.#options.maxBytes, (key) => this.#letGo(key));
    if (evicted > 0) this.#options.counters.add('store_evictions', {}, evicted);
  }

  /** Tidies a last time and takes this process' marks off the store, but for those of leases still held. */
  async close(): Promise<void> {
    if (this.#session === undefined) return;
    const session = await this.#session;
    clearInterval(session.timer);
    await this.tidy();
    for (const { key } of this.#open.values()) await this.#retire(key, session);
    if (this.#open.size === 0) await session.owner.retire();
    this.#session = undefined;
  }

  async #start(): Promise<Session> {
    this.#session ??= this.#begin().catch((error: unknown) => {
      this.#session = undefined;
      throw toLayerError(error);
    });
    return await this.#session;
  }

  async #begin(): Promise<Session> {
    await this.#layout.create();
    const owner = await StoreOwner.register(this.#layout.owners);
    const timer = setInterval(() => {
      this.tidy().catch((error: unknown) => {
        this.#options.log.warn('image store not tidied', { directory: this.#options.directory, error });
      });
    }, tidyIntervalMs).unref();
    return { owner, tidy: new StoreTidy(this.#layout, owner), timer };
  }

  async #load(
    key: string,
    content: ImageContent,
    open: () => Promise<LayerSource>,
    parent: AbortSignal,
  ): Promise<OpenImage> {
    const { pullTimeoutMs = defaultPullTimeoutMs } = this.#options;
    using bounded = withTimeout(parent, pullTimeoutMs, `pulling ${content.image}`);
    const { signal } = bounded;
    const session = await this.#start();
    try {
      return await new StoreLock(this.#layout, key, session.owner).hold(signal, async () => {
        const stored = await this.#find(key, content, open, session, signal);
        const image = { key, root: rootOf(this.#layout.imageFolder(key)), stored, leases: 0, usedMs: Date.now() };
        this.#open.set(key, image);
        return image;
      });
    } catch (error) {
      throw toLayerError(error).with({ image: content.image });
    }
  }

  /** Under the lock: the image that is there, else a new one. */
  async #find(
    key: string,
    content: ImageContent,
    open: () => Promise<LayerSource>,
    session: Session,
    signal: AbortSignal,
  ): Promise<StoredImage> {
    await mkdir(this.#layout.marks(key), { recursive: true });
    await writeFile(join(this.#layout.marks(key), session.owner.text), '');
    try {
      const folder = this.#layout.imageFolder(key);
      const found = await openStoredImage(folder, session.owner.boot);
      if (found === undefined) await session.tidy.discard(key);
      const stored = found ?? (await this.#pull(key, content, await open(), session, signal));
      await touchStoredImage(folder, Date.now());
      return stored;
    } catch (error) {
      await this.#unmark(key, session);
      throw error;
    }
  }

  async #pull(
    key: string,
    content: ImageContent,
    source: LayerSource,
    session: Session,
    signal: AbortSignal,
    mayRepeat = true,
  ): Promise<StoredImage> {
    const { limits = defaultLayerLimits, onProgress = () => undefined, counters, log } = this.#options;
    const { image } = content;
    const folder = await session.tidy.workFolder();
    try {
      const stored = await pullImage(content, source, folder, {
        limits,
        onProgress,
        counters,
        boot: session.owner.boot,
        signal,
      });
      await rename(folder, this.#layout.imageFolder(key));
      this.#grown = true;
      onProgress({ kind: 'finished', image });
      log.info('image unpacked', { image, digest: content.platformDigest, bytes: stored.bytes });
      return stored;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      const failure = toLayerError(error);
      if (mayRepeat && worthAnotherTry.includes(failure.code)) {
        log.warn('pull starts over', { image, error: failure.message });
        return await this.#pull(key, content, source, session, signal, false);
      }
      onProgress({ kind: 'failed', image });
      throw failure;
    }
  }

  /** Forgets an image and takes the mark off, unless somebody uses it or is about to. */
  async #retire(key: string, session: Session): Promise<void> {
    await new StoreLock(this.#layout, key, session.owner).holdIfFree(async () => {
      if (this.#letGo(key)) await this.#unmark(key, session);
    });
  }

  /** Forgets an image that nobody here uses. The image's lock must be held. */
  #letGo(key: string): boolean {
    const image = this.#open.get(key);
    if (image === undefined) return true;
    if (image.leases > 0) return false;
    return this.#open.delete(key);
  }

  async #unmark(key: string, { owner }: Session): Promise<void> {
    await rm(join(this.#layout.marks(key), owner.text), { force: true });
  }

  #lease(image: OpenImage): UnpackedImage {
    image.leases += 1;
    image.usedMs = Date.now();
    let held = true;
    return {
      root: image.root,
      passwd: image.stored.passwd,
      group: image.stored.group,
      release: () => {
        if (!held) return;
        held = false;
        image.leases -= 1;
        image.usedMs = Date.now();
      },
      isGone: async () => {
        if ((await readStoredImage(this.#layout.imageFolder(image.key))) !== undefined) return false;
        if (this.#open.get(image.key) === image) this.#open.delete(image.key);
        return true;
      },
    };
  }
}
