import type { Clock } from '../../../core/clock.ts';
import type { Api, Resource } from '../../api.ts';
import type { ApiObject } from '../../object.ts';
import type { Store } from '../../store.ts';

interface LookedUpStoreOptions<T extends ApiObject> {
  readonly api: Pick<Api, 'get'>;
  readonly resource: Resource<T>;
  readonly clock: Clock;
}

/** How long a look is believed. */
const believedMs = 2000;

/** Objects that may not be listed or watched, looked at one by one when they are needed. */
export class LookedUpStore<T extends ApiObject> implements Store<T> {
  readonly #options: LookedUpStoreOptions<T>;
  readonly #known = new Map<string, { readonly object: T | undefined; readonly atMs: number }>();

  constructor(options: LookedUpStoreOptions<T>) {
    this.#options = options;
  }

  async start(): Promise<void> {
    return Promise.resolve();
  }

  /** Asks for the object unless that was done a moment ago. @throws {RunnerError} `CLUSTER_*` */
  async look(name: string, signal: AbortSignal): Promise<void> {
    const { api, resource, clock } = this.#options;
    if (clock.now() - (this.#known.get(name)?.atMs ?? -Infinity) < believedMs) return;
    const object = await api.get(resource, name, signal);
    this.#known.set(name, { object, atMs: clock.now() });
  }

  forget(name: string): void {
    this.#known.delete(name);
  }

  get(name: string): T | undefined {
    return this.#known.get(name)?.object;
  }

  list(): readonly T[] {
    return [...this.#known.values()].flatMap(({ object }) => (object === undefined ? [] : [object]));
  }

  /** Nobody tells of changes. */
  subscribe(): () => void {
    return () => undefined;
  }

  accept(object: T): void {
    this.#known.set(object.metadata.name, { object, atMs: this.#options.clock.now() });
  }

  close(): void {
    this.#known.clear();
  }
}
