import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Container, NamedObject } from './pod-template.ts';

/** Objects member by member, everything else replaced; null takes a member out. */
export function mergeObjects(base: JsonObject, overlay: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(overlay)) {
    const below = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isJsonObject(value) && isJsonObject(below) ? mergeObjects(below, value) : value;
  }
  return merged;
}

/**
 * A container with a FunctionConfig's overrides, as a strategic merge has it, but that a variable is replaced whole: one
 * cannot have both `value` and `valueFrom`.
 */
export function mergeContainer(base: Container, overlay: JsonObject | undefined): Container {
  if (overlay === undefined) return base;
  const { env, name: _name, ...rest } = overlay;
  const merged = { ...mergeObjects(base, rest), name: base.name };
  return Array.isArray(env) ? { ...merged, env: mergeByName(base.env ?? [], env.filter(isNamed)) } : merged;
}

/** What both have stays in its place. */
function mergeByName(base: readonly NamedObject[], overlay: readonly NamedObject[]): readonly NamedObject[] {
  return [...new Map([...base, ...overlay].map((item) => [item.name, item])).values()];
}

function isNamed(value: unknown): value is NamedObject {
  return isJsonObject(value) && typeof value['name'] === 'string';
}
