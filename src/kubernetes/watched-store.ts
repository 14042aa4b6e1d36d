import { type Clock, systemClock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import { toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { ApiClient } from './api-client.ts';
import type { ListOptions, Resource } from './api.ts';
import type { ApiObject } from './object.ts';
import { ObjectMemory } from './watch/object-memory.ts';
import { Outage } from './watch/outage.ts';
import type { Change, Store } from './store.ts';
import { firstAnswer } from './watch/first-answer.ts';
import { backOffMs, nextWatch, type WatchEnd } from './watch/watch-end.ts';
import { defaultTiming, runWatch, type WatchTiming } from './watch/watch-run.ts';

export interface WatchedStoreOptions<T extends ApiObject> extends ListOptions {
  readonly api: Pick<ApiClient, 'list' | 'watchStream'>;
  readonly resource: Resource<T>;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock?: Clock;
  /** 0 to 1, for the jitter. */
  readonly random?: () => number;
  readonly timing?: WatchTiming;
}

/**
 * Objects that are listed once and watched from there. While the watch is down the last known state stays, and the log
 * says so. Kubernetes API concepts, "Efficient detection of changes".
 */
export class WatchedStore<T extends ApiObject> implements Store<T> {
  readonly #options: WatchedStoreOptions<T>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #memory: ObjectMemory<T>;
  readonly #selectors: ListOptions;
  readonly #outage: Outage;
  readonly #stop = new AbortController();
  #started: Promise<void> | undefined;

  constructor(options: WatchedStoreOptions<T>) {
    const { labelSelector, fieldSelector, log, resource } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#memory = new ObjectMemory(log);
    this.#selectors = {
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    };
    this.#outage = new Outage(log, resource);
  }

  async start(): Promise<void> {
    this.#started ??= this.#begin().catch((thrown: unknown) => {
      this.#started = undefined;
      throw thrown;
    });
    return this.#started;
  }

  get(name: string): T | undefined {
    return this.#memory.get(name);
  }

  list(): readonly T[] {
    return this.#memory.list();
  }

  subscribe(listener: (change: Change<T>) => void): () => void {
    return this.#memory.subscribe(listener);
  }

  accept(object: T): void {
    this.#memory.accept(object);
  }

  close(): void {
    this.#stop.abort();
  }

  async #begin(): Promise<void> {
    await firstAnswer(async () => this.#relist(), {
      clock: this.#clock,
      random: this.#random,
      signal: this.#stop.signal,
    });
    this.#follow().catch((thrown: unknown) => {
      this.#options.log.error('a watch ended for good', {
        ...this.#outage.where,
        error: toRunnerError(thrown).message,
      });
    });
  }

  async #relist(): Promise<void> {
    const { api, resource } = this.#options;
    const { items, resourceVersion } = await api.list(resource, this.#selectors, this.#stop.signal);
    this.#memory.replace(items, resourceVersion);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    let fruitless = 0;
    while (!signal.aborted) {
      const { end, isFruitful } = await this.#watch();
      if (signal.aborted) return;
      fruitless = isFruitful ? 1 : fruitless + 1;
      this.#note(end);
      const next = nextWatch(end, fruitless, this.#random());
      await this.#pause(next.delayMs);
      if (next.relist) fruitless += await this.#relistUntilDone(fruitless);
    }
  }

  async #watch(): ReturnType<typeof runWatch> {
    const { api, resource, timing = defaultTiming } = this.#options;
    const shared = { api, resource, timing, selectors: this.#selectors, memory: this.#memory };
    const onOpen = (): void => {
      this.#outage.over();
    };
    return runWatch({ ...shared, clock: this.#clock, random: this.#random, onOpen }, this.#stop.signal);
  }

  /** Gives how often it failed. */
  async #relistUntilDone(fruitless: number): Promise<number> {
    for (let failures = 0; ; failures += 1) {
      if (this.#stop.signal.aborted) return failures;
      try {
        await this.#relist();
        return failures;
      } catch (thrown) {
        if (this.#stop.signal.aborted) return failures;
        this.#note({ kind: 'failed', error: toRunnerError(thrown) });
        await this.#pause(backOffMs(fruitless + failures, this.#random()));
      }
    }
  }

  #note(end: WatchEnd): void {
    const { counters, resource } = this.#options;
    counters.add('watch_restarts', { resource: resource.name, reason: end.kind });
    if (end.kind === 'failed') this.#outage.began(end.error.message, end.error.details.hint);
    if (end.kind === 'malformed') this.#outage.began(end.why);
    if (end.kind === 'quiet') this.#outage.began('nothing came for too long');
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await this.#clock.delay(ms, this.#stop.signal).catch(() => undefined);
  }
}
