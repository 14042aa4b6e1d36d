import { compareKeys, type CredentialKey, parseKey } from '../../credentials/key.ts';
import { runKeys } from '../../credentials/run-keys.ts';
import type { RunRegistry } from '../../image/run-registries.ts';
import { nodeEntry } from './node-entry.ts';

/**
 * Entries of a docker config, and those that nodes need besides: what is for a registry that they reach under another
 * address is for that address too. Entries that are there for it already stay as they are.
 */
export function withRunEntries(
  entries: ReadonlyMap<string, unknown>,
  pairs: readonly RunRegistry[],
): ReadonlyMap<string, unknown> {
  const all = new Map(entries);
  const taken = new Set([...entries.keys()].flatMap((text) => meaningOf(parseKey(text))));
  // Where several entries come to stand under one key, the most particular one does.
  for (const text of [...entries.keys()].toSorted(byParticularity)) {
    const value = entries.get(text);
    if (nodeEntry(value).kind === 'harmful') continue;
    for (const key of runKeys(text, pairs)) {
      const [meaning = ''] = meaningOf(parseKey(key));
      if (taken.has(meaning)) continue;
      taken.add(meaning);
      all.set(key, value);
    }
  }
  return all;
}

/** The same for two keys that are for the same images; empty for a pattern, which is for others as well. */
function meaningOf(key: CredentialKey | undefined): readonly string[] {
  return key?.exactHost === undefined ? [] : [JSON.stringify([key.exactHost, key.port, key.path])];
}

function byParticularity(one: string, other: string): number {
  const [first, second] = [parseKey(one), parseKey(other)];
  return first === undefined || second === undefined ? 0 : compareKeys(first, second);
}
