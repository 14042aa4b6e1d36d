import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink as makeSymlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { assert, asyncProperty, array, constant, constantFrom, oneof, record, string, tuple } from 'fast-check';

import { RunnerError } from '../../src/core/errors.ts';
import { digestOf } from '../../src/image/digest.ts';
import { LayerBudget } from '../../src/local/layers/layer-budget.ts';
import { defaultLayerLimits } from '../../src/local/layers/layer-limits.ts';
import { RootWriter } from '../../src/local/layers/root-writer.ts';
import { file, folder, hardLink, pax, rawTar, type RawEntry, symlink } from './raw-tar.ts';

/** A root with neighbours that hostile layers would love to reach. */
class Neighbourhood {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<Neighbourhood> {
    const neighbourhood = new Neighbourhood(await mkdtemp(join(tmpdir(), 'escape-test-')));
    await mkdir(join(neighbourhood.path, 'root'));
    await mkdir(join(neighbourhood.path, 'outside'));
    await writeFile(join(neighbourhood.path, 'outside', 'secret'), 'untouched');
    await makeSymlink('outside', join(neighbourhood.path, 'link'));
    return neighbourhood;
  }

  /** Unpacks one layer for each list of entries; a refusal is as good as a success. */
  async unpack(layers: readonly (readonly RawEntry[])[]): Promise<string> {
    const writer = new RootWriter(join(this.path, 'root'), new LayerBudget(defaultLayerLimits));
    try {
      for (const tar of layers.map(rawTar)) await writer.apply(once(tar), digestOf(tar), new AbortController().signal);
      return 'unpacked';
    } catch (error) {
      return error instanceof RunnerError ? error.code : String(error);
    }
  }

  /** Fails when anything but the root has changed, or when the root holds a hard link to a neighbour. */
  async check(): Promise<void> {
    expect(await readdir(this.path)).to.have.members(['link', 'outside', 'root']);
    expect(await readdir(join(this.path, 'outside'))).to.deep.equal(['secret']);
    expect(await readFile(join(this.path, 'outside', 'secret'), 'utf8')).to.equal('untouched');
    expect((await lstat(join(this.path, 'outside', 'secret'))).nlink).to.equal(1);
    expect((await lstat(join(this.path, 'link'))).isSymbolicLink()).to.equal(true);
    expect((await lstat(join(this.path, 'root'))).isDirectory()).to.equal(true);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield bytes;
  await Promise.resolve();
}

const attacks = [
  { title: 'a path with ..', layers: [[file('../outside/secret', 'x')]] },
  { title: 'a path with .. in its middle', layers: [[file('a/../../outside/secret', 'x')]] },
  { title: 'a path with .. by PAX', layers: [[pax({ path: '../outside/secret' }), file('x')]] },
  { title: 'a path with .. by a global PAX header', layers: [[pax({ path: '../outside/secret' }, 'g'), file('x')]] },
  { title: 'a path from the root of the machine', layers: [[file('/tmp/outside', 'x')]] },
  {
    title: 'a link to the folder above, then a file through it',
    layers: [[symlink('a', '..'), file('a/outside/secret', 'x')]],
  },
  { title: 'a link from the root, then a file through it', layers: [[symlink('a', tmpdir()), file('a/x', 'x')]] },
  {
    title: 'a link by PAX, then a file through it',
    layers: [[pax({ linkpath: '../outside' }), symlink('a', 'b'), file('a/new', 'x')]],
  },
  {
    title: 'links in links, then a file through them',
    layers: [[folder('a'), symlink('a/b', '..'), symlink('a/c', 'b/..'), file('a/c/outside/new', 'x')]],
  },
  {
    title: 'a link of a lower layer, then a file through it',
    layers: [[symlink('a', '../outside')], [file('a/secret', 'x')]],
  },
  {
    title: 'a folder made where a link to the outside is',
    layers: [[symlink('a', '../outside')], [folder('a'), file('a/new', 'x')]],
  },
  {
    title: 'a file made where a link to the outside is',
    layers: [[symlink('a', '../outside/secret')], [file('a', 'x')]],
  },
  { title: 'a hard link to the outside', layers: [[hardLink('a', '../outside/secret'), file('a', 'x')]] },
  {
    title: 'a hard link through a link to the outside',
    layers: [[symlink('a', '../outside'), hardLink('b', 'a/secret')]],
  },
  {
    title: 'a hard link to a link to the outside, then a file over it',
    layers: [[symlink('a', '../outside/secret'), hardLink('b', 'a'), file('b', 'x')]],
  },
  {
    title: 'a whiteout through a link to the outside',
    layers: [[symlink('a', '../outside')], [file('a/.wh.secret', '')]],
  },
  { title: 'a whiteout of the folder above', layers: [[file('a')], [file('.wh...', '')]] },
  {
    title: 'an opaque folder behind a link to the outside',
    layers: [[symlink('a', '../outside')], [file('a/.wh..wh..opq', '')]],
  },
  { title: 'a whiteout of the root itself', layers: [[file('a')], [file('.wh..', '')]] },
  { title: 'a device where a file will be opened', layers: [[{ name: 'a', type: '3' }, file('a', 'x')]] },
] as const;

describe('a hostile layer leaves everything outside the root alone that has', () => {
  for (const { title, layers } of attacks) {
    it(`[S21] ${title}`, async () => {
      const neighbourhood = await Neighbourhood.create();
      await neighbourhood.unpack(layers);
      await neighbourhood.check();
      await neighbourhood.remove();
    });
  }
});

/** Few names, so that entries meet each other: as files, folders, links and what leads through them. */
const part = constantFrom(
  'a',
  'b',
  'c',
  '..',
  '.',
  '',
  'outside',
  'secret',
  'root',
  '.wh.a',
  '.wh.secret',
  '.wh..wh..opq',
);
const path = array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
const goodPath = array(constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const name = oneof({ weight: 6, arbitrary: goodPath }, { weight: 1, arbitrary: path });
const target = oneof(
  { weight: 3, arbitrary: name },
  { weight: 1, arbitrary: path.map((text) => `/${text}`) },
  { weight: 1, arbitrary: path.map((text) => `../${text}`) },
);
const entry = oneof(
  { weight: 6, arbitrary: record({ name, type: constantFrom('0', '5', '7'), content: constant('x') }) },
  { weight: 4, arbitrary: record({ name, type: constantFrom('1', '2', '2', '2'), linkName: target }) },
  { weight: 1, arbitrary: record({ name, type: constantFrom('3', '4', '6', 'S') }) },
);
const withPax = tuple(oneof(name, string()), oneof(target, string()), entry).map(([text, link, each]) => [
  pax({ path: text, linkpath: link }),
  each,
]);
const layer = array(oneof({ weight: 8, arbitrary: entry.map((each) => [each]) }, { weight: 1, arbitrary: withPax }), {
  maxLength: 8,
});

describe('layers of all kinds of entries', () => {
  it('[S21] never touch anything outside the root', async function () {
    this.timeout(60_000);
    let unpacked = 0;
    await assert(
      asyncProperty(array(layer, { minLength: 1, maxLength: 3 }), async (layers) => {
        const neighbourhood = await Neighbourhood.create();
        const outcome = await neighbourhood.unpack(layers.map((each) => each.flat()));
        if (outcome === 'unpacked') unpacked += 1;
        expect(outcome).to.be.oneOf(['unpacked', 'LAYER_INVALID', 'LAYER_LIMIT']);
        await neighbourhood.check();
        await neighbourhood.remove();
      }),
      { seed: 20_26, numRuns: 400, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: false },
    );
    expect(unpacked, 'layers that were not refused').to.be.above(50);
  });

  it('[S21] fail cleanly when their bytes are not what a tar should be', async function () {
    this.timeout(60_000);
    const valid = rawTar([folder('a'), file('a/b', 'x'.repeat(600)), symlink('c', 'a'), pax({ path: 'd' }), file('e')]);
    const change = tuple(constantFrom(...valid.keys()), constantFrom(0, 1, 0x20, 0x2f, 0x37, 0x39, 0x78, 0x80, 0xff));
    await assert(
      asyncProperty(array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const tar = Buffer.from(valid);
        for (const [offset, byte] of changes) tar[offset] = byte;
        const neighbourhood = await Neighbourhood.create();
        const writer = new RootWriter(join(neighbourhood.path, 'root'), new LayerBudget(defaultLayerLimits));
        const outcome = await writer.apply(once(tar), digestOf(tar), new AbortController().signal).then(
          () => 'unpacked',
          (error: unknown) => (error instanceof RunnerError ? error.code : String(error)),
        );
        expect(outcome).to.be.oneOf(['unpacked', 'LAYER_INVALID', 'LAYER_LIMIT']);
        await neighbourhood.check();
        await neighbourhood.remove();
      }),
      { seed: 20_27, numRuns: 400, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: false },
    );
  });
});
