import { toRunnerError } from '../core/errors.ts';
import type { Api } from './api.ts';
import { FollowingStore, type FollowingStoreOptions } from './following-store.ts';
import type { ApiObject } from './object.ts';

export interface PolledStoreOptions<T extends ApiObject> extends FollowingStoreOptions<T> {
  readonly api: Pick<Api, 'get'>;
  /** Of the one object that is looked at. */
  readonly name: string;
  /** Default 5000. */
  readonly intervalMs?: number;
}

/** One object of a resource that may not be watched or listed, read anew every few seconds. */
export class PolledStore<T extends ApiObject> extends FollowingStore<T> {
  readonly #options: PolledStoreOptions<T>;
  #accepted = 0;

  constructor(options: PolledStoreOptions<T>) {
    super(options);
    this.#options = options;
  }

  override accept(object: T): void {
    this.#accepted += 1;
    super.accept(object);
  }

  protected override async follow(): Promise<void> {
    const { clock, closing, outage } = this;
    const { intervalMs = 5000 } = this.#options;
    while (!closing.aborted) {
      await clock.delay(intervalMs, closing).catch(() => undefined);
      if (closing.aborted) return;
      try {
        await this.look();
        outage.over();
      } catch (thrown) {
        if (closing.aborted) return;
        const { message, details } = toRunnerError(thrown);
        outage.began(message, details.hint);
      }
    }
  }

  /** While nothing of ours was written during the look, its answer is how things are; else only what is later counts. */
  protected override async look(): Promise<void> {
    const { api, resource, name } = this.#options;
    const accepted = this.#accepted;
    const found = await api.get(resource, name, this.closing);
    if (accepted !== this.#accepted) {
      if (found !== undefined) this.memory.put(found);
      return;
    }
    const known = this.memory.get(name);
    if (found !== undefined) this.memory.replace([found], found.metadata.resourceVersion);
    else if (known !== undefined) this.memory.remove(known);
  }
}
