import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { ApiObject } from '../object.ts';
import { isLater } from './resource-version.ts';
import type { Change } from '../store.ts';

/** Objects by name, which never go back to an older version, and those who want to know of changes. */
export class ObjectMemory<T extends ApiObject> {
  readonly #log: Log;
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<(change: Change<T>) => void>();
  #list: readonly T[] | undefined;
  /** How far what the server told reaches: everything up to it is known, deletions too. */
  #version = '';

  constructor(log: Log) {
    this.#log = log;
  }

  get version(): string {
    return this.#version;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  list(): readonly T[] {
    this.#list ??= [...this.#objects.values()];
    return this.#list;
  }

  subscribe(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a write of ours gave. Older than what the server has told since, it is old news, perhaps of an object that has gone. */
  accept(object: T): void {
    if (this.#version === '' || isLater(object.metadata.resourceVersion, this.#version)) this.#put(object);
  }

  /** The server told of this object. */
  put(object: T): void {
    this.#put(object);
    this.advance(object.metadata.resourceVersion);
  }

  /** The server told that it has gone. */
  remove(object: T): void {
    const { name, resourceVersion } = object.metadata;
    const known = this.#objects.get(name);
    if (known !== undefined && !isLater(known.metadata.resourceVersion, resourceVersion)) this.#drop(object);
    this.advance(resourceVersion);
  }

  /**
   * All that there is at this version: what is not among it has gone, but for what we wrote since. A version before what
   * the server has told already means that its storage was set back, and then everything is as it says now.
   */
  replace(objects: readonly T[], version: string): void {
    const isSetBack = this.#version !== '' && isLater(this.#version, version);
    const names = new Set(objects.map(({ metadata }) => metadata.name));
    for (const known of this.list()) {
      const isNews = !isSetBack && isLater(known.metadata.resourceVersion, version);
      if (!names.has(known.metadata.name) && !isNews) this.#drop(known);
    }
    for (const object of objects) this.#put(object, isSetBack);
    this.#version = version;
  }

  advance(version: string): void {
    if (isLater(version, this.#version) || this.#version === '') this.#version = version;
  }

  #put(object: T, evenIfOlder = false): void {
    const { name, uid, resourceVersion } = object.metadata;
    const known = this.#objects.get(name);
    const knownVersion = known?.metadata.resourceVersion ?? '';
    if (
      known !== undefined &&
      !(evenIfOlder ? resourceVersion !== knownVersion : isLater(resourceVersion, knownVersion))
    ) {
      return;
    }
    const isOther = known !== undefined && known.metadata.uid !== uid;
    if (isOther) this.#drop(known);
    this.#objects.set(name, object);
    this.#tell({ kind: known === undefined || isOther ? 'added' : 'modified', object });
  }

  #drop(object: T): void {
    this.#objects.delete(object.metadata.name);
    this.#tell({ kind: 'deleted', object });
  }

  #tell(change: Change<T>): void {
    this.#list = undefined;
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (thrown) {
        this.#log.error('a listener of a store failed', { error: toRunnerError(thrown).message });
      }
    }
  }
}
