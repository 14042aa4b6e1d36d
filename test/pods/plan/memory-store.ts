import type { ApiObject } from '../../../src/kubernetes/object.ts';
import type { Change, Store } from '../../../src/kubernetes/store.ts';

/** A store that holds what a test puts into it. */
export class MemoryStore<T extends ApiObject> implements Store<T> {
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<(change: Change<T>) => void>();
  readonly #startFailure: Error | undefined;
  closed = false;

  constructor(startFailure?: Error) {
    this.#startFailure = startFailure;
  }

  async start(): Promise<void> {
    return this.#startFailure === undefined ? Promise.resolve() : Promise.reject(this.#startFailure);
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  subscribe(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  accept(object: T): void {
    const kind = this.#objects.has(object.metadata.name) ? 'modified' : 'added';
    this.#objects.set(object.metadata.name, object);
    for (const listener of this.#listeners) listener({ kind, object });
  }

  remove(name: string): void {
    const object = this.#objects.get(name);
    this.#objects.delete(name);
    if (object !== undefined) for (const listener of this.#listeners) listener({ kind: 'deleted', object });
  }

  close(): void {
    this.closed = true;
  }
}
