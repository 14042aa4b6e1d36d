import { expect } from 'chai';

import { failureOf } from './failure-of.ts';
import { file, folder, hardLink, pax, rawTar, symlink } from './raw-tar.ts';
import { unpackTars } from './unpack-layers.ts';

const refused = [
  { title: 'a hard link to nothing', layer: [hardLink('a', 'b')] },
  { title: 'a hard link to a folder', layer: [folder('b'), hardLink('a', 'b')] },
  { title: 'a hard link that replaces the folder of its target', layer: [file('a/b'), hardLink('a', 'a/b')] },
  { title: 'a link without a target', layer: [symlink('a', '')] },
  { title: 'a file below a file', layer: [file('a'), file('a/b')] },
  { title: 'links in a circle', layer: [symlink('a', 'b'), symlink('b', 'a'), file('a/x')] },
  {
    title: 'a file with the name of the root',
    layer: [file('.', 'x')],
  },
  { title: 'a whiteout of nothing', layer: [file('.wh.', '')] },
  { title: 'a whiteout of the folder above', layer: [file('a/.wh...', '')] },
  { title: 'a sparse file of GNU tar', layer: [{ name: 'a', type: 'S' }] },
  { title: 'a sparse file by PAX', layer: [pax({ 'GNU.sparse.major': '1' }), file('a')] },
  { title: 'a kind of entry that nobody knows', layer: [{ name: 'a', type: 'Z' }] },
  { title: 'a NUL byte in a name', layer: [pax({ path: 'a\0b' }), file('a')] },
  { title: 'a header that promises more than there is', layer: [{ name: 'a', content: 'x', size: 100_000 }] },
  { title: 'a size that is no number', layer: [pax({ size: 'many' }), file('a')] },
] as const;

describe('a layer is refused that has', () => {
  for (const { title, layer } of refused) {
    it(title, async () => {
      const error = await failureOf(unpackTars([rawTar(layer)]));
      expect(error.code).to.equal('LAYER_INVALID');
    });
  }

  it('no tar in it', async () => {
    expect((await failureOf(unpackTars([Buffer.alloc(2048, 'x')]))).code).to.equal('LAYER_INVALID');
  });

  for (const { title, layer, limits } of [
    { title: 'too many entries', layer: [file('a'), file('b'), file('c')], limits: { maxEntries: 2 } },
    { title: 'too long a path', layer: [pax({ path: 'a/'.repeat(1500) }), folder('x')], limits: {} },
    { title: 'too long a name', layer: [pax({ path: 'n'.repeat(256) }), file('x')], limits: {} },
    { title: 'too deep a path', layer: [pax({ path: 'a/'.repeat(200) }), folder('x')], limits: {} },
    {
      title: 'a path that gets too deep by links',
      layer: [file('a/b/c/x'), symlink('l', 'a/b/c'), file('l/d/e/f')],
      limits: { maxPathDepth: 5 },
    },
    {
      title: 'a path that gets too long by links',
      layer: [file(`${'a'.repeat(60)}/x`), symlink('l', 'a'.repeat(60)), file(`l/${'b'.repeat(60)}`)],
      limits: { maxPathBytes: 100 },
    },
    { title: 'too long a target', layer: [pax({ linkpath: 't'.repeat(5000) }), symlink('a', 'x')], limits: {} },
  ] as const) {
    it(`[S22] ${title}`, async () => {
      expect((await failureOf(unpackTars([rawTar(layer)], limits))).code).to.equal('LAYER_LIMIT');
    });
  }
});
