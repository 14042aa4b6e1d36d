import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
  readFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { digestOf } from '../../../src/image/digest.ts';
import { LayerBudget } from '../../../src/local/layers/layer-budget.ts';
import { defaultLayerLimits } from '../../../src/local/layers/layer-limits.ts';
import { RootWriter } from '../../../src/local/layers/root-writer.ts';
import { file, folder, hardLink, pax, rawTar, symlink } from '../../local/raw-tar.ts';
import { texts, type Target } from '../target.ts';

const blockBytes = 512;
const honest = rawTar([
  folder('usr/'),
  folder('usr/bin/'),
  { ...file('usr/bin/fn', '#!/bin/sh\ncat\n'), mode: 0o4755 },
  symlink('bin', 'usr/bin'),
  hardLink('usr/bin/fn2', 'usr/bin/fn'),
  file('usr/.wh.gone', ''),
  file('usr/bin/.wh..wh..opq', ''),
  pax({ path: `long/${'name/'.repeat(20)}file`, mtime: '1.5', 'SCHILY.xattr.a': 'b' }),
  file('short'),
]);
const hostile = rawTar([
  symlink('out', '../outside'),
  symlink('up', '/../../outside'),
  file('out/escaped'),
  file('up/escaped'),
  folder('a/'),
  symlink('a/loop', 'loop'),
  file('a/loop/x'),
  hardLink('a/b', 'out/kept'),
  { name: 'dev', type: '3' },
  { name: 'pipe', type: '6' },
  file('a/.wh.loop', ''),
]);

/** One layer of an image into an empty folder, beside which stands what no layer may touch. */
export const layer: Target = {
  name: 'layer in tar',
  codes: ['LAYER_INVALID', 'LAYER_LIMIT'],
  corpus: [honest, hostile, gzipSync(honest), zstdCompressSync(honest), Buffer.concat([honest, hostile])],
  tokens: [
    ...texts(
      '../',
      '/',
      '.wh.',
      '.wh..wh..opq',
      '0000000',
      '77777777777',
      '\0',
      'ustar\0',
      '30 path=../outside/escaped\n',
    ),
    Buffer.of(0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    Buffer.of(0x1f, 0x8b, 8, 0),
    Buffer.of(0x28, 0xb5, 0x2f, 0xfd),
    honest.subarray(0, blockBytes),
    hostile.subarray(0, 2 * blockBytes),
    Buffer.alloc(blockBytes),
  ],
  maxBytes: 32_768,
  parse: async (input) => {
    const tar = input.length % 2 === 0 ? withChecksums(input) : input;
    const root = join(place, 'root');
    mkdirSync(root);
    try {
      const writer = new RootWriter(
        root,
        new LayerBudget({ ...defaultLayerLimits, maxBytes: 1_048_576, maxEntries: 1000 }),
      );
      await writer.apply(chunksOf(tar), digestOf(tar), new AbortController().signal);
    } finally {
      rmSync(root, { recursive: true });
      checkOutside();
    }
  },
};

const kept = 'not of the image';
const place = mkdtempSync(join(inMemory(), 'fuzz-layer-'));
const outside = join(place, 'outside');
mkdirSync(outside);
writeFileSync(join(outside, 'kept'), kept);
process.on('exit', () => {
  rmSync(place, { recursive: true, force: true });
});

/** Thousands of files on a disk take longer than all the parsers together. */
function inMemory(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

function checkOutside(): void {
  if (readdirSync(place).join() !== 'outside' || readdirSync(outside).join() !== 'kept') throw new Error('escaped');
  if (readFileSync(join(outside, 'kept'), 'utf8') !== kept) throw new Error('changed what is outside');
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(bytes);
}

/** So that a changed header is looked at and not only its checksum. */
function withChecksums(input: Buffer): Buffer {
  const tar = Buffer.from(input);
  for (let at = 0; at + blockBytes <= tar.length; at += blockBytes) {
    const header = tar.subarray(at, at + blockBytes);
    if (header.toString('latin1', 257, 262) !== 'ustar') continue;
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  }
  return tar;
}
