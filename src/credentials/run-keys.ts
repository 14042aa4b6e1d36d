import { hostTarget, matchesHost } from '../image/host-pattern.ts';
import type { RunRegistry } from '../image/run-registries.ts';
import { parseKey } from './key.ts';

/** Keys under which a login has to stand besides, for nodes that reach its registries under another address. */
export function runKeys(key: string, pairs: readonly RunRegistry[]): readonly string[] {
  const parsed = parseKey(key);
  if (parsed === undefined) return [];
  const reached = pairs.filter(({ resolve }) => matchesHost(parsed, hostTarget(resolve)));
  return reached.map(({ run }) => `${run}${parsed.path}`);
}
