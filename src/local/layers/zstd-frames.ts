import { pipeline, Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';

import type { ByteReader } from './byte-reader.ts';
import { invalidLayer } from './layer-error.ts';

const skippableMagic = 0x184d2a50;
const skippableMask = 0xfffffff0;
const frameMagic = 0xfd2fb528;
const chunkSize = 256 * 1024;

/**
 * Decodes zstd data of any number of frames (RFC 8878, section 3.1). Node's decoder silently loses what follows the
 * first frame, and layers that can be read in parts (zstd:chunked) consist of thousands: so the frames are told apart
 * here and each gets a decoder of its own.
 */
export async function* decodeZstd(reader: ByteReader): AsyncGenerator<Buffer, void> {
  for (let head = await reader.peek(4); head.length > 0; head = await reader.peek(4)) {
    const magic = head.length === 4 ? head.readUInt32LE() : 0;
    if ((magic & skippableMask) >>> 0 === skippableMagic) {
      await skipFrame(reader);
    } else if (magic === frameMagic) {
      const decoder = createZstdDecompress({ chunkSize });
      pipeline(Readable.from(frame(reader)), decoder, () => undefined);
      yield* decoder;
    } else {
      throw invalidLayer('its zstd data holds something that is no frame');
    }
  }
}

async function skipFrame(reader: ByteReader): Promise<void> {
  const head = await exactly(reader, 8);
  for await (const chunk of pass(reader, head.readUInt32LE(4))) void chunk;
}

/** The bytes of exactly one frame. */
async function* frame(reader: ByteReader): AsyncGenerator<Buffer, void> {
  const start = await exactly(reader, 5);
  const descriptor = start.readUInt8(4);
  yield start;
  yield* pass(reader, headerBytes(descriptor));
  for (let last = false; !last;) {
    const blockHead = await exactly(reader, 3);
    const bits = blockHead.readUIntLE(0, 3);
    last = (bits & 1) === 1;
    yield blockHead;
    const runLength = ((bits >> 1) & 3) === 1;
    yield* pass(reader, runLength ? 1 : bits >> 3);
  }
  const hasChecksum = (descriptor & 4) !== 0;
  yield* pass(reader, hasChecksum ? 4 : 0);
}

/** Size of what follows the frame header descriptor: window descriptor, dictionary id, frame content size. */
function headerBytes(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return (singleSegment ? 0 : 1) + dictionaryBytes + contentBytes;
}

async function exactly(reader: ByteReader, count: number): Promise<Buffer> {
  const bytes = await reader.peek(count);
  if (bytes.length < count) throw cutShort();
  return await reader.take(count);
}

async function* pass(reader: ByteReader, count: number): AsyncGenerator<Buffer, void> {
  for (let left = count; left > 0;) {
    const chunk = await reader.take(left);
    if (chunk.length === 0) throw cutShort();
    left -= chunk.length;
    yield chunk;
  }
}

function cutShort(): Error {
  return invalidLayer('its zstd data ends in the middle of a frame');
}
