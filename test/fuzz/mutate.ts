import type { Random } from './random.ts';

/** What a target's inputs are made from. */
export interface Seeds {
  /** Well-formed inputs. */
  readonly corpus: readonly Buffer[];
  /** Pieces that mean something to the parser. */
  readonly tokens: readonly Buffer[];
  readonly maxBytes: number;
}

type Mutation = (input: Buffer, seeds: Seeds, random: Random) => Buffer;

const hostile = [
  '\0',
  '\r\n',
  '\u202E',
  '\u{1F4A9}',
  '\uFEFF',
  '%00',
  '../',
  '__proto__',
  '-1',
  '1e999',
  '9'.repeat(30),
].map((text) => Buffer.from(text));

const mutations: readonly Mutation[] = [
  (input, _, random) => edit(input, random, (at, length) => [input.subarray(0, at), input.subarray(at + length)]),
  (input, { tokens }, random) =>
    edit(input, random, (at) => [input.subarray(0, at), random.pick(tokens), input.subarray(at)]),
  (input, _, random) => edit(input, random, (at) => [input.subarray(0, at), random.pick(hostile), input.subarray(at)]),
  (input, _, random) =>
    edit(input, random, (at) => [input.subarray(0, at), random.bytes(1 + random.int(8)), input.subarray(at)]),
  (input, _, random) => edit(input, random, (at) => [input.subarray(0, at)]),
  (input, { corpus }, random) => {
    const other = random.pick(corpus);
    return Buffer.concat([
      input.subarray(0, random.int(input.length + 1)),
      other.subarray(random.int(other.length + 1)),
    ]);
  },
  (input, _, random) =>
    edit(input, random, (at, length) => [
      input.subarray(0, at + length),
      input.subarray(at, at + length),
      input.subarray(at + length),
    ]),
  (input, _, random) => {
    const flipped = Buffer.from(input);
    for (let flips = 1 + random.int(8); flips > 0 && flipped.length > 0; flips -= 1) {
      const at = random.int(flipped.length);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << random.int(8)), at);
    }
    return flipped;
  },
  (input, { tokens, maxBytes }, random) => {
    const unit = random.chance(2) ? random.pick(tokens) : random.pick(hostile);
    const times = 1 + random.int(Math.max(1, Math.floor(maxBytes / Math.max(1, unit.length))));
    const at = random.int(input.length + 1);
    return Buffer.concat([input.subarray(0, at), repeated(unit, times), input.subarray(at)]);
  },
  (_, { maxBytes }, random) => random.bytes(random.int(Math.min(maxBytes, 2048))),
  (_, { tokens }, random) => Buffer.concat(Array.from({ length: random.int(40) }, () => random.pick(tokens))),
];

/** A malformed or at least an odd input, never longer than the seeds allow. */
export function malformed(seeds: Seeds, random: Random): Buffer {
  let input = random.pick(seeds.corpus);
  for (let rounds = 1 + random.int(4); rounds > 0; rounds -= 1) input = random.pick(mutations)(input, seeds, random);
  return input.subarray(0, seeds.maxBytes);
}

function edit(input: Buffer, random: Random, parts: (at: number, length: number) => readonly Uint8Array[]): Buffer {
  const at = random.int(input.length + 1);
  return Buffer.concat(parts(at, random.int(Math.min(64, input.length - at + 1))));
}

function repeated(unit: Buffer, times: number): Buffer {
  return Buffer.alloc(unit.length * times, unit);
}
