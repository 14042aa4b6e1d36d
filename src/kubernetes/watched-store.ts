import type { Counters } from '../core/counters.ts';
import { toRunnerError } from '../core/errors.ts';
import type { ApiClient } from './api-client.ts';
import type { ListOptions } from './api.ts';
import { FollowingStore, type FollowingStoreOptions } from './following-store.ts';
import type { ApiObject } from './object.ts';
import { backOffMs, nextWatch, type WatchEnd } from './watch/watch-end.ts';
import { defaultTiming, runWatch, type WatchTiming } from './watch/watch-run.ts';

export interface WatchedStoreOptions<T extends ApiObject> extends ListOptions, FollowingStoreOptions<T> {
  readonly api: Pick<ApiClient, 'list' | 'watchStream'>;
  readonly counters: Counters;
  readonly timing?: WatchTiming;
}

/**
 * Objects that are listed once and watched from there. While the watch is down the last known state stays, and the log
 * says so. Kubernetes API concepts, "Efficient detection of changes".
 */
export class WatchedStore<T extends ApiObject> extends FollowingStore<T> {
  readonly #options: WatchedStoreOptions<T>;
  readonly #selectors: ListOptions;

  constructor(options: WatchedStoreOptions<T>) {
    super(options);
    const { labelSelector, fieldSelector } = options;
    this.#options = options;
    this.#selectors = {
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    };
  }

  protected override async look(): Promise<void> {
    const { api, resource } = this.#options;
    const { items, resourceVersion } = await api.list(resource, this.#selectors, this.closing);
    this.memory.replace(items, resourceVersion);
  }

  protected override async follow(): Promise<void> {
    let fruitless = 0;
    while (!this.closing.aborted) {
      const { end, isFruitful } = await this.#watch();
      if (this.closing.aborted) return;
      fruitless = isFruitful ? 1 : fruitless + 1;
      this.#note(end);
      const next = nextWatch(end, fruitless, this.random());
      await this.#pause(next.delayMs);
      if (next.relist) fruitless += await this.#relistUntilDone(fruitless);
    }
  }

  async #watch(): ReturnType<typeof runWatch> {
    const { api, resource, timing = defaultTiming } = this.#options;
    const shared = { api, resource, timing, selectors: this.#selectors, memory: this.memory };
    const onOpen = (): void => {
      this.outage.over();
    };
    return runWatch({ ...shared, clock: this.clock, random: this.random, onOpen }, this.closing);
  }

  /** Gives how often it failed. */
  async #relistUntilDone(fruitless: number): Promise<number> {
    for (let failures = 0; ; failures += 1) {
      if (this.closing.aborted) return failures;
      try {
        await this.look();
        return failures;
      } catch (thrown) {
        if (this.closing.aborted) return failures;
        this.#note({ kind: 'failed', error: toRunnerError(thrown) });
        await this.#pause(backOffMs(fruitless + failures, this.random()));
      }
    }
  }

  #note(end: WatchEnd): void {
    const { counters, resource } = this.#options;
    counters.add('watch_restarts', { resource: resource.name, reason: end.kind });
    if (end.kind === 'failed') this.outage.began(end.error.message, end.error.details.hint);
    if (end.kind === 'malformed') this.outage.began(end.why);
    if (end.kind === 'quiet') this.outage.began('nothing came for too long');
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await this.clock.delay(ms, this.closing).catch(() => undefined);
  }
}
