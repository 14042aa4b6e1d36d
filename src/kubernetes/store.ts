import type { ApiObject } from './object.ts';

export type Change<T extends ApiObject> =
  { readonly kind: 'added' | 'modified'; readonly object: T } | { readonly kind: 'deleted'; readonly object: T };

/** Objects of one resource, kept up to date in memory: reading asks nobody. */
export interface Store<T extends ApiObject> {
  /** Resolves with the first full list. @throws {RunnerError} `CLUSTER_*` */
  start(): Promise<void>;
  get(name: string): T | undefined;
  list(): readonly T[];
  /** Called for every change after the fact, in order. Returns what ends it. */
  subscribe(listener: (change: Change<T>) => void): () => void;
  /** Takes the answer of a write of our own at once; what the server tells later, if newer, replaces it. */
  accept(object: T): void;
  close(): void;
}
