import { expect } from 'chai';

import { file, folder, type RawEntry, symlink } from './raw-tar.ts';
import { unpackedList } from './unpack-layers.ts';

interface Case {
  readonly title: string;
  readonly layers: readonly (readonly RawEntry[])[];
  readonly gives: readonly string[];
}

const whiteoutCases: readonly Case[] = [
  { title: 'a file', layers: [[file('a'), file('b')], [file('.wh.a', '')]], gives: ['b: b'] },
  {
    title: 'a folder with all that is in it',
    layers: [[file('a/b/c'), file('d')], [file('.wh.a', '')]],
    gives: ['d: d'],
  },
  {
    title: 'nothing, when there is nothing of that name',
    layers: [[file('a')], [file('.wh.b', ''), file('x/.wh.y', '')]],
    gives: ['a: a'],
  },
  {
    title: 'nothing of the same layer',
    layers: [
      [file('.wh.a', ''), file('a')],
      [file('b'), file('.wh.b', '')],
    ],
    gives: ['a: a', 'b: b'],
  },
  {
    title: 'a folder before the same layer makes a new one',
    layers: [[file('a/old')], [file('.wh.a', ''), folder('a'), file('a/new')]],
    gives: ['a/', 'a/new: a/new'],
  },
  {
    title: 'a folder after the same layer made a new one',
    layers: [
      [file('a/old'), file('a/b/older')],
      [folder('a'), file('a/new'), file('a/b/newer'), file('.wh.a', '')],
    ],
    gives: ['a/', 'a/b/', 'a/b/newer: a/b/newer', 'a/new: a/new'],
  },
  {
    title: 'a link and not what it leads to',
    layers: [[file('real/a'), symlink('way', 'real')], [file('.wh.way', '')]],
    gives: ['real/', 'real/a: real/a'],
  },
  {
    title: 'everything in an opaque folder',
    layers: [[file('a/b'), file('a/c/d')], [file('a/.wh..wh..opq', '')]],
    gives: ['a/'],
  },
  {
    title: 'everything of lower layers in an opaque folder, wherever in the layer it is named',
    layers: [[file('a/old')], [file('a/new'), file('a/.wh..wh..opq', ''), file('a/newer')]],
    gives: ['a/', 'a/new: a/new', 'a/newer: a/newer'],
  },
  {
    title: 'everything at the root',
    layers: [
      [file('a'), file('b/c')],
      [file('.wh..wh..opq', ''), file('d')],
    ],
    gives: ['d: d'],
  },
  {
    title: 'nothing by the bookkeeping of AUFS',
    layers: [[file('a')], [file('.wh..wh.plnk/1.2', ''), file('.wh..wh.aufs', '')]],
    gives: ['a: a'],
  },
  {
    title: 'a name that comes back later',
    layers: [[file('a', '1')], [file('.wh.a', '')], [file('a', '3')]],
    gives: ['a: 3'],
  },
];

describe('a whiteout', () => {
  for (const { title, layers, gives } of whiteoutCases) {
    it(`removes ${title}`, async () => {
      expect(await unpackedList(...layers)).to.have.members(gives);
    });
  }
});
