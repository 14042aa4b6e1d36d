import type { ApiObject } from '../../../src/kubernetes/object.ts';
import type { Store } from '../../../src/kubernetes/store.ts';

/** The changes that a store tells from now on, as `kind name`. */
export function seenChanges<T extends ApiObject>(store: Store<T>): readonly string[] {
  const seen: string[] = [];
  store.subscribe(({ kind, object }) => {
    seen.push(`${kind} ${object.metadata.name}`);
  });
  return seen;
}
