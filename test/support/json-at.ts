/** The value at a path into parsed JSON; undefined where there is none. */
export function jsonAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = new Map<string, unknown>(Object.entries(current)).get(String(step));
  }
  return current;
}

/** The list at a path; empty where there is none. */
export function jsonList(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const list = jsonAt(value, ...path);
  return Array.isArray(list) ? list.map((item: unknown) => item) : [];
}
