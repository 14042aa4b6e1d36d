import { type Clock, systemClock } from '../core/clock.ts';
import { toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Resource } from './api.ts';
import type { ApiObject } from './object.ts';
import type { Change, Store } from './store.ts';
import { firstAnswer } from './watch/first-answer.ts';
import { ObjectMemory } from './watch/object-memory.ts';
import { Outage } from './watch/outage.ts';

export interface FollowingStoreOptions<T extends ApiObject> {
  readonly resource: Resource<T>;
  readonly log: Log;
  readonly clock?: Clock;
  /** 0 to 1, for the jitter. */
  readonly random?: () => number;
}

/** A store that looks once and then follows the cluster until closed; its kinds say how. */
export abstract class FollowingStore<T extends ApiObject> implements Store<T> {
  protected readonly clock: Clock;
  protected readonly random: () => number;
  protected readonly memory: ObjectMemory<T>;
  protected readonly outage: Outage;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #started: Promise<void> | undefined;

  constructor({ resource, log, clock = systemClock, random = Math.random }: FollowingStoreOptions<T>) {
    this.#log = log;
    this.clock = clock;
    this.random = random;
    this.memory = new ObjectMemory(log);
    this.outage = new Outage(log, resource);
  }

  async start(): Promise<void> {
    this.#started ??= this.#begin().catch((thrown: unknown) => {
      this.#started = undefined;
      throw thrown;
    });
    return this.#started;
  }

  get(name: string): T | undefined {
    return this.memory.get(name);
  }

  list(): readonly T[] {
    return this.memory.list();
  }

  subscribe(listener: (change: Change<T>) => void): () => void {
    return this.memory.subscribe(listener);
  }

  accept(object: T): void {
    this.memory.accept(object);
  }

  close(): void {
    this.#stop.abort();
  }

  /** Aborts when the store is closed. */
  protected get closing(): AbortSignal {
    return this.#stop.signal;
  }

  /** Fills the memory. @throws {RunnerError} `CLUSTER_*` */
  protected abstract look(): Promise<void>;

  /** Keeps it up to date until closed. */
  protected abstract follow(): Promise<void>;

  async #begin(): Promise<void> {
    const { clock, random, closing } = this;
    await firstAnswer(async () => this.look(), { clock, random, signal: closing });
    this.follow().catch((thrown: unknown) => {
      this.#log.error('a watch ended for good', { ...this.outage.where, error: toRunnerError(thrown).message });
    });
  }
}
