import type { JsonObject } from '../../../../src/core/json.ts';
import type { Resource } from '../../../../src/kubernetes/api.ts';
import type { ApiObject } from '../../../../src/kubernetes/object.ts';
import { ObservedObjects } from '../../../../src/kubernetes/pull-secret/named/observed-objects.ts';
import { MemoryApi, MemoryStore } from '../../memory-api.ts';
import type { SteppedClock } from '../../stepped-clock.ts';

/** Objects of one resource in memory, and those who look at them. */
export class ObservedDouble<T extends ApiObject> {
  readonly api = new MemoryApi();
  /** Names in the order in which they were opened. */
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  /** Verbs that the Role allows. */
  allowed: readonly string[] = ['list', 'watch'];
  /** What opening ends with instead. */
  failure: Error | undefined;
  changes = 0;
  readonly objects: ObservedObjects<T>;

  constructor(resource: Resource<T>, clock: SteppedClock, maxKept?: number) {
    this.objects = new ObservedObjects({
      resource,
      open: async (name) => this.#open(resource, name),
      permissions: { allows: async (_namespace, verb) => this.allowed.includes(verb) },
      clock,
      onChange: () => {
        this.changes += 1;
      },
      ...(maxKept !== undefined && { maxKept }),
    });
  }

  /** As somebody else would do it. */
  put(name: string, raw: JsonObject | undefined): void {
    this.api.put(name, raw === undefined ? undefined : { ...raw, metadata: { name, namespace: 'functions' } });
  }

  async #open(resource: Resource<T>, name: string): Promise<MemoryStore<T>> {
    this.opened.push(name);
    if (this.failure !== undefined) throw this.failure;
    const store = new MemoryStore(this.api, resource);
    await store.start();
    const close = store.close.bind(store);
    store.close = () => {
      this.closed.push(name);
      close();
    };
    return store;
  }
}
