import { randomUUID } from 'node:crypto';
import { at, text, type Raw } from './json.ts';

export interface TableEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  /** `group/resource`. */
  readonly collection: string;
  readonly object: Raw;
  /** What it was before; undefined for `ADDED`. */
  readonly before: Raw | undefined;
}

/** All objects and their history, with one version counter, as etcd has it. */
export class ObjectTable {
  readonly #objects = new Map<string, Raw>();
  readonly #listeners = new Set<(event: TableEvent) => void>();
  #history: TableEvent[] = [];
  #version = 1000;
  #oldestVersion = 1000;

  get version(): number {
    return this.#version;
  }

  get(collection: string, namespace: string, name: string): Raw | undefined {
    return this.#objects.get(keyOf(collection, namespace, name));
  }

  /** Of all namespaces when `namespace` is empty; by namespace and name. */
  list(collection: string, namespace: string): readonly Raw[] {
    const prefix = namespace === '' ? `${collection}|` : `${collection}|${namespace}|`;
    const found = [...this.#objects].filter(([key]) => key.startsWith(prefix));
    return found.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Puts it in place under a new version; a new one gets its uid and creation time. */
  put(collection: string, object: Raw): Raw {
    const metadata = at(object, 'metadata');
    const key = keyOf(collection, text(metadata, 'namespace'), text(metadata, 'name'));
    const before = this.#objects.get(key);
    this.#version += 1;
    const identity = before === undefined ? { uid: randomUUID(), creationTimestamp: seconds(Date.now()) } : {};
    const stored = { ...object, metadata: { ...metadata, ...identity, resourceVersion: String(this.#version) } };
    this.#objects.set(key, stored);
    this.#tell({ type: before === undefined ? 'ADDED' : 'MODIFIED', collection, object: stored, before });
    return stored;
  }

  /** Gives it as it was at last, with the version of its removal. */
  remove(collection: string, object: Raw): Raw {
    const metadata = at(object, 'metadata');
    this.#objects.delete(keyOf(collection, text(metadata, 'namespace'), text(metadata, 'name')));
    this.#version += 1;
    const last = { ...object, metadata: { ...metadata, resourceVersion: String(this.#version) } };
    this.#tell({ type: 'DELETED', collection, object: last, before: object });
    return last;
  }

  /** Events after that version; undefined when they are forgotten. */
  since(version: number): readonly TableEvent[] | undefined {
    if (version < this.#oldestVersion) return undefined;
    return this.#history.filter((event) => event.version > version);
  }

  /** Forgets what happened so far, as compaction does. */
  forget(): void {
    this.#version += 1;
    this.#oldestVersion = this.#version;
    this.#history = [];
  }

  subscribe(listener: (event: TableEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: Omit<TableEvent, 'version'>): void {
    const full = { ...event, version: this.#version };
    this.#history.push(full);
    for (const listener of this.#listeners) listener(full);
  }
}

/** As the API server writes times: whole seconds. */
export function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function keyOf(collection: string, namespace: string, name: string): string {
  return `${collection}|${namespace}|${name}`;
}
