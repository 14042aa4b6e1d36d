import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** Set by the server, or written by it in a form of its own (`1000m` becomes `1`). */
const ignored: ReadonlySet<string> = new Set(['resources', 'resourceVersion', 'managedFields', 'stringData', 'status']);

/**
 * Whether the object that is there is what the body asked for: everything in the body is in the object; what the server
 * added, and how it leaves empty values out, does not matter. For a write whose answer was lost.
 */
export function hasBody(existing: JsonObject, body: JsonObject): boolean {
  return Object.entries(body).every(([key, wanted]) => ignored.has(key) || hasValue(existing[key], wanted));
}

function hasValue(existing: unknown, wanted: unknown): boolean {
  if (isJsonObject(wanted) && isJsonObject(existing)) return hasBody(existing, wanted);
  if (isEmpty(wanted)) return isEmpty(existing);
  if (!Array.isArray(wanted)) return existing === wanted;
  return Array.isArray(existing) && wanted.every((item, index) => hasValue(existing[index], item));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.values(value).every(isEmpty);
}
