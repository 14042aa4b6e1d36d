import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { withTimeout } from '../../core/abort.ts';
import type { Counters } from '../../core/counters.ts';
import type { Log } from '../../core/log.ts';
import { SingleFlight } from '../../core/single-flight.ts';
import type { ImageContent, LayerSource } from './image-content.ts';
import { ImagePuller } from './image-puller.ts';
import { toLayerError } from '../layers/layer-error.ts';
import { defaultLayerLimits, type LayerLimits } from '../layers/layer-limits.ts';
import { Leases, type OpenImage, type UnpackedImage } from './leases.ts';
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

interface Session {
  readonly owner: StoreOwner;
  readonly tidy: StoreTidy;
  readonly timer: NodeJS.Timeout;
}

const tidyIntervalMs = 60_000;
const defaultPullTimeoutMs = 10 * 60_000;
/**
 * Root file systems of images, each unpacked once, whichever of the processes that share the store needs it first.
 *
 * An image appears in one step, by `rename`, under its digest. A process that uses it leaves a mark on disk at the first
 * use; later calls touch nothing but memory.
 */
export class ImageStore {
  readonly #options: ImageStoreOptions;
  readonly #layout: StoreLayout;
  readonly #puller: ImagePuller;
  readonly #leases: Leases;
  readonly #flights = new SingleFlight<OpenImage>();
  #session: Promise<Session> | undefined;
  /** Whether there may be more than `maxBytes` by now. */
  #grown = true;

  constructor(options: ImageStoreOptions) {
    const { limits = defaultLayerLimits, onProgress = () => undefined, log, counters } = options;
    this.#options = options;
    this.#layout = new StoreLayout(options.directory);
    this.#puller = new ImagePuller({ limits, onProgress, log, counters });
    this.#leases = new Leases(async (key) => (await readStoredImage(this.#layout.imageFolder(key))) !== undefined);
  }

  /**
   * A lease on the image's root file system, which is pulled first when it is not there. `open` is asked for the source of
   * layers only then.
   *
   * @param asker who asks, and where: those with equal ones share a pull and how it ends, the others only what it leaves
   * @throws RunnerError `LAYER_INVALID`, `LAYER_LIMIT`, `STORE_FAILED`, `DEADLINE`, and what `open` and its source throw
   */
  async unpack(
    content: ImageContent,
    open: () => Promise<LayerSource>,
    signal: AbortSignal,
    asker = '',
  ): Promise<UnpackedImage> {
    const key = keyOf(content.platformDigest);
    const load = async (shared: AbortSignal): Promise<OpenImage> => await this.#load(key, content, open, shared);
    return this.#leases.take(this.#leases.find(key) ?? (await this.#flights.run(`${key} ${asker}`, signal, load)));
  }

  /** Lets go of what is no longer used, removes leftovers of crashed processes, and evicts. Runs by itself, too. */
  async tidy(): Promise<void> {
    const session = await this.#start();
    const { idleMs = tidyIntervalMs, maxBytes, counters } = this.#options;
    for (const image of this.#leases.images) {
      await touchStoredImage(this.#layout.imageFolder(image.key), image.usedMs).catch(() => undefined);
      if (Date.now() - image.usedMs >= idleMs) await this.#retire(image.key, session);
    }
    await session.tidy.removeLeftovers();
    if (!this.#grown) return;
    this.#grown = false;
    const evicted = await session.tidy.evict(maxBytes, (key) => this.#leases.letGo(key));
    if (evicted > 0) counters.add('store_evictions', {}, evicted);
  }

  /** Tidies a last time and takes this process' marks off the store, but for those of leases still held. */
  async close(): Promise<void> {
    if (this.#session === undefined) return;
    const session = await this.#session;
    clearInterval(session.timer);
    await this.tidy();
    for (const { key } of this.#leases.images) await this.#retire(key, session);
    if (this.#leases.isEmpty) await session.owner.retire();
    this.#session = undefined;
  }

  /** Makes the folders of the store, also after somebody has removed them, and gives a sign of life. */
  async #start(): Promise<Session> {
    try {
      await this.#layout.create();
      this.#session ??= this.#begin().catch((error: unknown) => {
        this.#session = undefined;
        throw error;
      });
      const session = await this.#session;
      await session.owner.renew();
      return session;
    } catch (error) {
      throw toLayerError(error);
    }
  }

  async #begin(): Promise<Session> {
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
    try {
      const session = await this.#start();
      return await new StoreLock(this.#layout, key, session.owner).hold(signal, async () => {
        const opened = this.#leases.find(key);
        if (opened !== undefined) return opened;
        const stored = await this.#find(key, content, open, session, signal);
        return this.#leases.open(key, rootOf(this.#layout.imageFolder(key)), stored);
      });
    } catch (error) {
      throw toLayerError(error).with({ image: content.image });
    }
  }

  /** Under the lock: the image that is there, else a new one. Either way it bears the mark of this process. */
  async #find(
    key: string,
    content: ImageContent,
    open: () => Promise<LayerSource>,
    session: Session,
    signal: AbortSignal,
  ): Promise<StoredImage> {
    const { owner, tidy } = session;
    await mkdir(this.#layout.marks(key), { recursive: true });
    await writeFile(join(this.#layout.marks(key), owner.text), '');
    try {
      const folder = this.#layout.imageFolder(key);
      const found = await openStoredImage(folder, owner.boot);
      if (found) {
        await touchStoredImage(folder, Date.now());
        return found;
      }
      await tidy.discard(key);
      this.#grown = true;
      const workFolder = async (): Promise<string> => await tidy.workFolder();
      return await this.#puller.pull(content, await open(), { folder, workFolder, boot: owner.boot, signal });
    } catch (error) {
      await this.#unmark(key, session);
      throw error;
    }
  }

  /** Forgets an image and takes the mark off, unless somebody uses it or is about to. */
  async #retire(key: string, session: Session): Promise<void> {
    await new StoreLock(this.#layout, key, session.owner).holdIfFree(async () => {
      if (this.#leases.letGo(key)) await this.#unmark(key, session);
    });
  }

  async #unmark(key: string, { owner }: Session): Promise<void> {
    await rm(join(this.#layout.marks(key), owner.text), { force: true });
  }
}
