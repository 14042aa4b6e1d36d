import { createHash } from 'node:crypto';
import { isJsonObject } from '../../core/json.ts';

/** Hexadecimal digits of the SHA-256 of a JSON value, the same for every order of its members. */
export function stableHash(value: unknown, digits: number): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, digits);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}
