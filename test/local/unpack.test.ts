import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { file, folder, hardLink, pax, rawTar, type RawEntry, symlink } from './raw-tar.ts';
import { unpackedList, unpackTars } from './unpack-layers.ts';

interface Case {
  readonly title: string;
  readonly layers: readonly (readonly RawEntry[])[];
  readonly gives: readonly string[];
}

const long = `${'long/'.repeat(60)}name`;

const entryCases: readonly Case[] = [
  {
    title: 'files, folders and links',
    layers: [[folder('a/'), file('a/b', 'text'), symlink('a/c', 'b'), hardLink('d', 'a/b')]],
    gives: ['a/', 'a/b: text', 'a/c -> b', 'd: text'],
  },
  { title: 'folders that no entry names', layers: [[file('a/b/c', '')]], gives: ['a/', 'a/b/', 'a/b/c: '] },
  {
    title: 'paths from the root, and with dots in them',
    layers: [[file('/a'), file('./b'), file('.//c/./d')]],
    gives: ['a: /a', 'b: ./b', 'c/', 'c/d: .//c/./d'],
  },
  { title: 'an entry for the root itself', layers: [[folder('./'), folder('/'), file('a')]], gives: ['a: a'] },
  { title: 'the last of several entries of one name', layers: [[file('a', '1'), file('a', '2')]], gives: ['a: 2'] },
  {
    title: 'a folder of the time when it was told by its slash',
    layers: [[{ name: 'a/', type: '0', magic: '\0'.repeat(8) }, file('a/b')]],
    gives: ['a/', 'a/b: a/b'],
  },
  {
    title: 'long names by PAX',
    layers: [[pax({ path: long }), file('short', 'x')]],
    gives: [...Array.from({ length: 60 }, (_, index) => 'long/'.repeat(index + 1)), `${long}: x`],
  },
  {
    title: 'long names by GNU tar',
    layers: [[{ name: '././@LongLink', type: 'L', content: `${'n'.repeat(150)}\0` }, file('short', 'x')]],
    gives: [`${'n'.repeat(150)}: x`],
  },
  {
    title: 'names beyond ASCII',
    layers: [[pax({ path: 'Größe/文件' }), file('x', 'y')]],
    gives: ['Größe/', 'Größe/文件: y'],
  },
  {
    title: 'a target of a link by PAX',
    layers: [[pax({ linkpath: `${'t/'.repeat(100)}u` }), symlink('a', 'short')]],
    gives: [`a -> ${'t/'.repeat(100)}u`],
  },
  {
    title: 'no devices and no fifos',
    layers: [[{ name: 'null', type: '3' }, { name: 'disk', type: '4' }, { name: 'pipe', type: '6' }, file('a')]],
    gives: ['a: a'],
  },
  {
    title: 'links with a size in their header',
    layers: [[{ ...symlink('a', 'b'), content: 'ignored' }, file('b')]],
    gives: ['a -> b', 'b: b'],
  },
];

const layerCases: readonly Case[] = [
  { title: 'a file that replaces a file', layers: [[file('a', '1')], [file('a', '2')]], gives: ['a: 2'] },
  { title: 'a file that replaces a folder', layers: [[file('a/b/c')], [file('a', '2')]], gives: ['a: 2'] },
  {
    title: 'a folder that replaces a file',
    layers: [[file('a')], [folder('a'), file('a/b', '2')]],
    gives: ['a/', 'a/b: 2'],
  },
  {
    title: 'a folder that is there already',
    layers: [[file('a/b')], [folder('a'), file('a/c')]],
    gives: ['a/', 'a/b: a/b', 'a/c: a/c'],
  },
  {
    title: 'a folder that replaces a link to a folder',
    layers: [
      [file('real/x'), symlink('a', 'real')],
      [folder('a'), file('a/y')],
    ],
    gives: ['a/', 'a/y: a/y', 'real/', 'real/x: real/x'],
  },
  {
    title: 'a file through a link to a folder',
    layers: [[folder('usr/lib'), symlink('lib', 'usr/lib')], [file('lib/x')]],
    gives: ['lib -> usr/lib', 'usr/', 'usr/lib/', 'usr/lib/x: lib/x'],
  },
  {
    title: 'a file through a link from the root',
    layers: [[folder('usr/lib'), symlink('a/lib', '/usr/lib')], [file('a/lib/x')]],
    gives: ['a/', 'a/lib -> /usr/lib', 'usr/', 'usr/lib/', 'usr/lib/x: a/lib/x'],
  },
  {
    title: 'a file through a link to a folder that is not there yet',
    layers: [[symlink('lib', 'usr/lib')], [file('lib/x')]],
    gives: ['lib -> usr/lib', 'usr/', 'usr/lib/', 'usr/lib/x: lib/x'],
  },
  {
    title: 'a link that replaces a file that was linked to',
    layers: [[file('a', '1'), hardLink('b', 'a')], [file('a', '2')]],
    gives: ['a: 2', 'b: 1'],
  },
  {
    title: 'a hard link to a file of a lower layer',
    layers: [[file('a', '1')], [hardLink('b/c', 'a')]],
    gives: ['a: 1', 'b/', 'b/c: 1'],
  },
  {
    title: 'a hard link through a link to a folder',
    layers: [[file('real/a', '1'), symlink('way', 'real')], [hardLink('b', 'way/a')]],
    gives: ['b: 1', 'real/', 'real/a: 1', 'way -> real'],
  },
  {
    title: 'a hard link to a symbolic link',
    layers: [[symlink('a', 'nowhere'), hardLink('b', 'a')]],
    gives: ['a -> nowhere', 'b -> nowhere'],
  },
  { title: 'a hard link to itself', layers: [[file('a', '1'), hardLink('a', 'a')]], gives: ['a: 1'] },
];

describe('unpacking', () => {
  for (const { title, layers, gives } of entryCases) {
    it(`makes ${title}`, async () => {
      expect(await unpackedList(...layers)).to.have.members(gives);
    });
  }
});

describe('a layer over another', () => {
  for (const { title, layers, gives } of layerCases) {
    it(`has ${title}`, async () => {
      expect(await unpackedList(...layers)).to.have.members(gives);
    });
  }
});

describe('the files of an unpacked image', () => {
  const tar = rawTar([
    { name: 'secret', mode: 0o4000, content: 'x', modifiedSeconds: 1_700_000_000 },
    { name: 'program', mode: 0o6711, content: 'x' },
    { name: 'for-others', mode: 0o001, content: 'x' },
    { name: 'folder', type: '5', mode: 0o1000 },
    { name: 'folder/inside', content: 'x' },
  ]);
  const modes = { secret: 0o644, program: 0o755, 'for-others': 0o755, folder: 0o755 } as const;

  it('can be read and removed by their owner, and hold no set-uid, set-gid or sticky bit', async () => {
    const unpacked = await unpackTars([tar]);
    for (const [name, mode] of Object.entries(modes)) {
      const { mode: actual } = await stat(join(unpacked.root, name));
      expect(actual & 0o7700, name).to.equal(mode & 0o7700);
    }
    await unpacked.remove();
  });

  it('keep their times, by which some languages tell compiled files to be current', async () => {
    const unpacked = await unpackTars([tar]);
    expect((await stat(join(unpacked.root, 'secret'))).mtimeMs).to.equal(1_700_000_000_000);
    await unpacked.remove();
  });

  it('include the working directory, which is made through the links of the image', async () => {
    const layer = rawTar([folder('real'), symlink('srv', 'real')]);
    const unpacked = await unpackTars([layer], {}, '/srv/deep');
    expect(await unpacked.list()).to.deep.equal(['real/', 'real/deep/', 'srv -> real']);
    await unpacked.remove();
  });
});
