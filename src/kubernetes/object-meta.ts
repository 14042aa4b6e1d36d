import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { ObjectMeta } from './object.ts';

/** Reads `metadata`; what is missing or of another type is empty, since every part but the name may be. */
export function parseMeta(raw: JsonObject): ObjectMeta {
  const metadata = objectAt(raw, 'metadata');
  const deletion = textAt(metadata, 'deletionTimestamp');
  return {
    name: textAt(metadata, 'name'),
    namespace: textAt(metadata, 'namespace'),
    uid: textAt(metadata, 'uid'),
    resourceVersion: textAt(metadata, 'resourceVersion'),
    generation: numberAt(metadata, 'generation'),
    labels: textsAt(metadata, 'labels'),
    annotations: textsAt(metadata, 'annotations'),
    finalizers: listAt(metadata, 'finalizers').filter((item) => typeof item === 'string'),
    createdMs: timeAt(metadata, 'creationTimestamp'),
    deletionMs: deletion === '' ? undefined : timeAt(metadata, 'deletionTimestamp'),
    managers: objectsAt(metadata, 'managedFields').map((entry) => textAt(entry, 'manager')),
  };
}

export function textAt(raw: JsonObject, key: string): string {
  const value = raw[key];
  return typeof value === 'string' ? value : '';
}

export function numberAt(raw: JsonObject, key: string): number {
  const value = raw[key];
  return typeof value === 'number' ? value : 0;
}

/** RFC 3339 time in milliseconds since the epoch; 0 when there is none. */
export function timeAt(raw: JsonObject, key: string): number {
  const parsed = Date.parse(textAt(raw, key));
  return Number.isNaN(parsed) ? 0 : parsed;
}

/** Empty when there is none. */
export function objectAt(raw: JsonObject, key: string): JsonObject {
  const value = raw[key];
  return isJsonObject(value) ? value : {};
}

/** The objects of a list, without what is none. */
export function objectsAt(raw: JsonObject, key: string): readonly JsonObject[] {
  return listAt(raw, key).filter((item) => isJsonObject(item));
}

/** The entries of a map whose values are strings. */
export function textsAt(raw: JsonObject, key: string): Readonly<Record<string, string>> {
  const entries = Object.entries(objectAt(raw, key));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function listAt(raw: JsonObject, key: string): readonly unknown[] {
  const value = raw[key];
  return Array.isArray(value) ? value : [];
}
