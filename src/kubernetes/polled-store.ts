import { type Clock, systemClock } from '../core/clock.ts';
import { toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Api, Resource } from './api.ts';
import { firstAnswer } from './watch/first-answer.ts';
import type { ApiObject } from './object.ts';
import { ObjectMemory } from './watch/object-memory.ts';
import { Outage } from './watch/outage.ts';
import type { Change, Store } from './store.ts';

export interface PolledStoreOptions<T extends ApiObject> {
  readonly api: Pick<Api, 'get'>;
  readonly resource: Resource<T>;
  /** Of the one object that is looked at. */
  readonly name: string;
  readonly log: Log;
  /** Default 5000. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
  /** 0 to 1, for the jitter of the first look. */
  readonly random?: () => number;
}

/** One object of a resource that may not be watched or listed, read anew every few seconds. */
export class PolledStore<T extends ApiObject> implements Store<T> {
  readonly #options: PolledStoreOptions<T>;
  readonly #clock: Clock;
  readonly #memory: ObjectMemory<T>;
  readonly #outage: Outage;
  readonly #stop = new AbortController();
  #started: Promise<void> | undefined;
  #accepted = 0;

  constructor(options: PolledStoreOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#memory = new ObjectMemory(options.log);
    this.#outage = new Outage(options.log, options.resource);
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
    this.#accepted += 1;
    this.#memory.accept(object);
  }

  close(): void {
    this.#stop.abort();
  }

  async #begin(): Promise<void> {
    const { random = Math.random } = this.#options;
    await firstAnswer(async () => this.#look(), { clock: this.#clock, random, signal: this.#stop.signal });
    this.#follow().catch(() => undefined);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#clock.delay(this.#options.intervalMs ?? 5000, signal);
      try {
        await this.#look();
        this.#outage.over();
      } catch (thrown) {
        if (signal.aborted) return;
        const { message, details } = toRunnerError(thrown);
        this.#outage.began(message, details.hint);
      }
    }
  }

  /** While nothing of ours was written during the look, its answer is how things are; else only what is later counts. */
  async #look(): Promise<void> {
    const { api, resource, name } = this.#options;
    const accepted = this.#accepted;
    const found = await api.get(resource, name, this.#stop.signal);
    if (accepted !== this.#accepted) {
      if (found !== undefined) this.#memory.put(found);
      return;
    }
    const known = this.#memory.get(name);
    if (found !== undefined) this.#memory.replace([found], found.metadata.resourceVersion);
    else if (known !== undefined) this.#memory.remove(known);
  }
}
