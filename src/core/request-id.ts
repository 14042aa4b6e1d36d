import { AsyncLocalStorage } from 'node:async_hooks';

const ids = new AsyncLocalStorage<string>();

/** Runs the work of one call; everything that it starts knows the id, however deep, and so does its log. */
export function withRequestId<T>(id: string, work: () => T): T {
  return ids.run(id, work);
}

/** The id of the call that this code runs for. Work that several calls share has that of the call that began it. */
export function currentRequestId(): string | undefined {
  return ids.getStore();
}
