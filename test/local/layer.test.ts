import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';

import { expect } from 'chai';

import { RunnerError } from '../../src/core/errors.ts';
import { type Digest, digestOf } from '../../src/image/digest.ts';
import { LayerBudget } from '../../src/local/layers/layer-budget.ts';
import { defaultLayerLimits, type LayerLimits } from '../../src/local/layers/layer-limits.ts';
import { decodeLayer } from '../../src/local/layers/layer.ts';
import { failureOf } from './failure-of.ts';

const first = Buffer.concat([Buffer.alloc(300_000, 'compressible '), randomBytes(200_000)]);
const second = Buffer.from('the second part');
const whole = Buffer.concat([first, second]);

/** RFC 8878, 3.1.2: a frame that decoders skip. */
function skippable(content: string, kind = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50 + kind);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, Buffer.from(content)]);
}

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Buffer, void> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
  await Promise.resolve();
}

async function decode(
  packed: Buffer,
  { diffId = digestOf(whole), limits = {}, chunkBytes = 65_536 }: DecodeOptions = {},
): Promise<Buffer> {
  const budget = new LayerBudget({ ...defaultLayerLimits, ...limits });
  budget.startLayer();
  return await buffer(decodeLayer(chunked(packed, chunkBytes), diffId, budget));
}

interface DecodeOptions {
  readonly diffId?: Digest;
  readonly limits?: Partial<LayerLimits>;
  readonly chunkBytes?: number;
}

const packings = {
  'a plain tar': whole,
  gzip: gzipSync(whole),
  'gzip of several members': Buffer.concat([gzipSync(first), gzipSync(second)]),
  zstd: zstdCompressSync(whole),
  'zstd of several frames': Buffer.concat([zstdCompressSync(first), zstdCompressSync(second)]),
  'zstd with frames to skip (zstd:chunked)': Buffer.concat([
    skippable('toc', 3),
    zstdCompressSync(first),
    skippable(''),
    zstdCompressSync(second),
    skippable('table of contents', 15),
  ]),
} as const;

const damaged = {
  'a gzip that is cut short': gzipSync(whole).subarray(0, -20),
  'a zstd that is cut short': zstdCompressSync(whole).subarray(0, -20),
  'a zstd whose frame to skip is cut short': Buffer.concat([
    zstdCompressSync(whole),
    skippable('abcdef').subarray(0, -3),
  ]),
  'a zstd with garbage after it': Buffer.concat([zstdCompressSync(whole), Buffer.from('garbage')]),
  'a gzip with a broken checksum': Buffer.concat([gzipSync(whole).subarray(0, -8), Buffer.alloc(8)]),
  'something else': Buffer.from('something else'),
  nothing: Buffer.alloc(0),
} as const;

describe('decodeLayer', () => {
  for (const [title, packed] of Object.entries(packings)) {
    for (const chunkBytes of [1_000_000, 65_536, 1021]) {
      it(`unpacks ${title} that comes in chunks of ${String(chunkBytes)} bytes`, async () => {
        expect((await decode(packed, { chunkBytes })).equals(whole)).to.equal(true);
      });
    }
  }

  it('tells the packing even when the first bytes come one by one', async () => {
    for (const packed of [gzipSync(second), zstdCompressSync(second), second]) {
      const unpacked = await decode(packed, { chunkBytes: 1, diffId: digestOf(second) });
      expect(unpacked.equals(second)).to.equal(true);
    }
  });

  it('checks a diff id of sha512 too', async () => {
    expect((await decode(gzipSync(whole), { diffId: digestOf(whole, 'sha512') })).length).to.equal(whole.length);
  });

  it('refuses bytes that are not those of the diff id', async () => {
    const error = await failureOf(decode(gzipSync(whole), { diffId: digestOf(first) }));
    expect(error.code).to.equal('LAYER_INVALID');
    expect(error.message).to.include(digestOf(first).text).and.to.include(digestOf(whole).text.slice(7));
  });

  for (const [title, packed] of Object.entries(damaged)) {
    it(`fails on ${title}`, async () => {
      let failure: unknown;
      await decode(packed).catch((error: unknown) => {
        failure = error;
      });
      expect(failure).to.be.instanceOf(Error);
    });
  }

  it('passes the error of the source on as it is', async () => {
    const reason = new RunnerError('MAN_DIGEST', 'the registry sent something else');
    for (const packed of [gzipSync(whole), zstdCompressSync(whole), whole]) {
      async function* source(): AsyncGenerator<Buffer, void> {
        yield packed.subarray(0, 1000);
        await Promise.resolve();
        throw reason;
      }
      const decoded = decodeLayer(source(), digestOf(whole), new LayerBudget(defaultLayerLimits));
      expect(await failureOf(buffer(decoded))).to.equal(reason);
    }
  });
});

describe('the limits of a layer', () => {
  const bomb = Buffer.alloc(50_000_000);
  const diffId = digestOf(bomb);
  const packedBombs = { gzip: gzipSync(bomb), zstd: zstdCompressSync(bomb) } as const;

  for (const [packing, packed] of Object.entries(packedBombs)) {
    it(`[S20] stop a ${packing} bomb by its ratio, long before it is unpacked`, async () => {
      const error = await failureOf(decode(packed, { diffId, limits: { ratioFreeBytes: 1_000_000 } }));
      expect(error.code).to.equal('LAYER_LIMIT');
      expect(error.message).to.include('200 times its size');
    });

    it(`[S22] stop a large ${packing} layer by its size`, async () => {
      const error = await failureOf(decode(packed, { diffId, limits: { maxBytes: 10_000_000 } }));
      expect(error.code).to.equal('LAYER_LIMIT');
      expect(error.message).to.include('larger than 10000000 bytes');
    });
  }

  it('leave small layers alone, however well they are packed', async () => {
    const zeros = Buffer.alloc(1_000_000);
    expect((await decode(gzipSync(zeros, { level: 9 }), { diffId: digestOf(zeros) })).length).to.equal(1_000_000);
  });

  it('count the bytes of all layers of an image together', () => {
    const budget = new LayerBudget({ ...defaultLayerLimits, maxBytes: 100 });
    budget.addUnpacked(60);
    budget.startLayer();
    expect(() => {
      budget.addUnpacked(60);
    }).to.throw(RunnerError, 'larger than 100 bytes');
  });

  it('count entries', () => {
    const budget = new LayerBudget({ ...defaultLayerLimits, maxEntries: 2 });
    budget.addEntry();
    budget.addEntry();
    expect(() => {
      budget.addEntry();
    }).to.throw(RunnerError, 'more than 2 entries');
  });
});
