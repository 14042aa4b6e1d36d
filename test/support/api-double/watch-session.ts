import type { ServerResponse } from 'node:http';
import { at, text, type Raw } from './json.ts';
import { gone } from './refusal.ts';
import type { ObjectTable, TableEvent } from './object-table.ts';

export interface WatchRequest {
  readonly collection: string;
  readonly namespace: string;
  readonly selects: (raw: Raw) => boolean;
  /** Events after it; undefined starts with what is there. */
  readonly version: number | undefined;
  readonly timeoutMs: number;
  readonly wantsBookmarks: boolean;
  readonly kind: string;
  readonly apiVersion: string;
}

/** A last bookmark comes that long before the end, so that the next watch begins from there. */
const bookmarkLeadMs = 2000;

/** One open watch. */
export class WatchSession {
  readonly #request: WatchRequest;
  readonly #response: ServerResponse;
  readonly #table: ObjectTable;

  constructor(table: ObjectTable, request: WatchRequest, response: ServerResponse) {
    this.#table = table;
    this.#request = request;
    this.#response = response;
  }

  /** Writes until the watch has run its time, or the other side has gone. */
  start(): void {
    const { collection, namespace, version, timeoutMs } = this.#request;
    const response = this.#response;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const missed = version === undefined ? [] : this.#table.since(version);
    if (missed === undefined) {
      this.fail();
      return;
    }
    if (version === undefined) {
      for (const object of this.#table.list(collection, namespace))
        this.#write('ADDED', object, this.#request.selects(object));
    }
    for (const event of missed) this.#tell(event);
    const unsubscribe = this.#table.subscribe((event) => {
      this.#tell(event);
    });
    const timer = setTimeout(() => {
      this.end();
    }, timeoutMs);
    const last = setTimeout(
      () => {
        this.bookmark();
      },
      Math.max(timeoutMs - bookmarkLeadMs, 0),
    );
    timer.unref();
    last.unref();
    response.once('close', () => {
      clearTimeout(timer);
      clearTimeout(last);
      unsubscribe();
    });
  }

  /** An event without an object: how far the watch has come. */
  bookmark(): void {
    if (!this.#request.wantsBookmarks) return;
    const { kind, apiVersion } = this.#request;
    const resourceVersion = String(this.#table.version);
    this.#write('BOOKMARK', { kind, apiVersion, metadata: { resourceVersion, creationTimestamp: null } }, true);
  }

  /** An ERROR event that says the version is too old, and the end. */
  fail(): void {
    this.#write('ERROR', gone().status(), true);
    this.end();
  }

  /** A line as it is, well-formed or not. */
  writeRaw(line: string): void {
    this.#response.write(line);
  }

  /** As when the watch has run its time. */
  end(): void {
    this.#response.end();
  }

  /** As when the connection is lost. */
  cut(): void {
    this.#response.destroy();
  }

  /** An object that no longer fits the selector is deleted to this watch, one that fits from now on is added. */
  #tell({ type, collection, object, before }: TableEvent): void {
    const { namespace, selects } = this.#request;
    if (collection !== this.#request.collection) return;
    if (namespace !== '' && text(at(object, 'metadata'), 'namespace') !== namespace) return;
    const was = before !== undefined && selects(before);
    const is = type !== 'DELETED' && selects(object);
    if (is) this.#write(was ? 'MODIFIED' : 'ADDED', object, true);
    else this.#write('DELETED', object, was);
  }

  #write(type: string, object: Raw, isWanted: boolean): void {
    if (isWanted && !this.#response.writableEnded) this.#response.write(`${JSON.stringify({ type, object })}\n`);
  }
}
