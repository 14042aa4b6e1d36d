import type { Random } from './random.ts';

const replacements: readonly unknown[] = [
  null,
  true,
  '',
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  [],
  {},
  [[]],
  '\0',
  '../../etc/passwd',
  'sha256:../../../etc',
  `SHA256:${'0'.repeat(64)}`,
  'x'.repeat(5000),
  Array.from({ length: 300 }, () => ({})),
  { __proto__: null, constructor: { prototype: 1 } },
];

/** JSON text like the given one with some of its values replaced, dropped, doubled or buried under arrays. */
export function mutateJson(text: string, random: Random): string {
  const parsed: unknown = JSON.parse(text);
  let mutated = mutateValue(parsed, random);
  if (random.chance(3)) mutated = mutateValue(mutated, random);
  return JSON.stringify(mutated) ?? 'undefined';
}

function mutateValue(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(6)) return replacement(value, random);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const at = random.int(items.length + 1);
    const changed = items.map((item, index) => (index === at ? mutateValue(item, random) : item));
    return random.chance(4) ? [...changed, ...changed] : changed;
  }
  const entries = Object.entries(value).map(([key, member]): readonly [string, unknown] => [key, member]);
  const at = random.int(entries.length + 1);
  const kept = random.chance(4) ? entries.filter((_, index) => index !== at) : entries;
  return Object.fromEntries(
    kept.map(([key, member], index) => (index === at ? [key, mutateValue(member, random)] : [key, member])),
  );
}

function replacement(value: unknown, random: Random): unknown {
  if (!random.chance(8)) return random.pick(replacements);
  let buried = value;
  for (let depth = random.int(2000); depth > 0; depth -= 1) buried = [buried];
  return buried;
}
