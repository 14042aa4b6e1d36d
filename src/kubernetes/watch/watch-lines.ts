import type { Readable } from 'node:stream';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type ApiStatus, statusOf } from '../request/api-failure.ts';
import { objectAt, parseMeta } from '../object-meta.ts';

/** One line of a watch. Shapes: Kubernetes API, meta/v1 WatchEvent. */
export type WatchEvent =
  | { readonly kind: 'put' | 'gone'; readonly raw: JsonObject }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  | { readonly kind: 'error'; readonly status: ApiStatus }
  /** A line that is no event, or too long to be one: something was missed. */
  | { readonly kind: 'malformed'; readonly why: string };

/** etcd takes objects up to 1.5 MiB. */
const maxLineBytes = 8 * 1024 * 1024;
const newline = 0x0a;

/** The events of a watch as they come. @throws what the stream does */
export async function* watchEvents(body: Readable, lineLimit = maxLineBytes): AsyncGenerator<WatchEvent> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    let rest = Buffer.from(chunk instanceof Uint8Array ? chunk : String(chunk));
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      const isWhole = bytes + end <= lineLimit;
      const line = isWhole ? Buffer.concat([...pieces, rest.subarray(0, end)]) : Buffer.alloc(0);
      rest = rest.subarray(end + 1);
      pieces = [];
      bytes = 0;
      if (!isWhole) yield { kind: 'malformed', why: `a line over ${String(lineLimit)} bytes` };
      else if (line.length > 0) yield parseWatchLine(line);
    }
    bytes += rest.length;
    if (bytes <= lineLimit) pieces.push(rest);
    else pieces = [];
  }
}

function parseWatchLine(line: Buffer): WatchEvent {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return { kind: 'malformed', why: 'a line that is no JSON' };
  }
  if (!isJsonObject(value) || !isJsonObject(value['object']))
    return { kind: 'malformed', why: 'an event without an object' };
  return eventOf(value['type'], objectAt(value, 'object'));
}

function eventOf(type: unknown, raw: JsonObject): WatchEvent {
  if (type === 'ERROR') return { kind: 'error', status: statusOf(raw, 0) };
  const { name, resourceVersion } = parseMeta(raw);
  if (resourceVersion === '') return { kind: 'malformed', why: 'an event without a version' };
  if (type === 'BOOKMARK') return { kind: 'bookmark', resourceVersion };
  if (name === '') return { kind: 'malformed', why: 'an event without a name' };
  if (type === 'ADDED' || type === 'MODIFIED') return { kind: 'put', raw };
  if (type === 'DELETED') return { kind: 'gone', raw };
  return { kind: 'malformed', why: 'an event of an unknown type' };
}
