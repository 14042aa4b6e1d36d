import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

import { expect } from 'chai';

import { RunnerError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { digestOf } from '../../src/image/digest.ts';
import type { Digest } from '../../src/image/digest.ts';
import { verifiedDigest } from '../../src/registry/content/content-digest.ts';
import { checkContent, ContentCheck } from '../../src/registry/content/verify.ts';

const content = Buffer.from('the content of a blob');
const other = Buffer.from('the content of a blab');

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'no error';
  } catch (thrown) {
    return thrown instanceof RunnerError ? thrown.code : String(thrown);
  }
}

async function streamed(bytes: Buffer, size = content.length, digest: Digest = digestOf(content)): Promise<string> {
  const check = new ContentCheck({ mediaType: 'x/y', digest, size }, (failure) => failure);
  const sink = buffer(check).then(String);
  try {
    await pipeline(Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]), check, { end: true });
    return await sink;
  } catch (thrown) {
    await sink.catch(() => undefined);
    return thrown instanceof RunnerError ? thrown.code : String(thrown);
  }
}

describe('content', () => {
  for (const algorithm of ['sha256', 'sha512'] as const) {
    it(`is accepted when it has the size and ${algorithm} of its descriptor`, async () => {
      const digest = digestOf(content, algorithm);
      expect(codeOf(() => checkContent({ mediaType: 'x/y', digest, size: content.length }, content))).to.equal(
        'no error',
      );
      expect(await streamed(content, content.length, digest)).to.equal(String(content));
    });
  }

  it('[V8] [CB7] is MAN_SIZE before anything is hashed when its size differs', async () => {
    expect(codeOf(() => checkContent({ mediaType: 'x/y', digest: digestOf(content), size: 7 }, other))).to.equal(
      'MAN_SIZE',
    );
    expect(await streamed(content, content.length - 1)).to.equal('MAN_SIZE');
    expect(await streamed(content, content.length + 1)).to.equal('MAN_SIZE');
  });

  it('[V3] [CB6] is MAN_DIGEST when it hashes to something else', async () => {
    const descriptor = { mediaType: 'x/y', digest: digestOf(content), size: other.length };
    expect(codeOf(() => checkContent(descriptor, other))).to.equal('MAN_DIGEST');
    expect(await streamed(other)).to.equal('MAN_DIGEST');
  });
});

describe('the digest of a manifest', () => {
  const sha256 = digestOf(content).text;
  const sha512 = digestOf(content, 'sha512').text;
  const wrong = digestOf(other).text;
  type Case = readonly [
    row: string,
    what: string,
    pinned: Digest | undefined,
    header: string | string[] | undefined,
    outcome: string,
  ];
  const cases: readonly Case[] = [
    ['V1', 'the sha256 of its bytes by tag', undefined, undefined, sha256],
    ['V1', 'the sha256 of its bytes when the header agrees', undefined, sha256, sha256],
    ['V2', 'MAN_DIGEST when the header disagrees', undefined, wrong, 'MAN_DIGEST'],
    ['V3', 'MAN_DIGEST when another one was asked for', digestOf(other), undefined, 'MAN_DIGEST'],
    ['V4', 'that of its bytes when the header is malformed', undefined, 'sha256:zz', sha256],
    ['V5', 'MAN_DIGEST when two headers differ', undefined, [sha256, wrong], 'MAN_DIGEST'],
    ['V5', 'MAN_DIGEST when a joined header differs', undefined, `${sha256}, ${wrong}`, 'MAN_DIGEST'],
    ['V5', 'that of its bytes when the header is there twice', undefined, [sha256, sha256], sha256],
    ['V6', 'the one asked for, and the header holds by its own algorithm', digestOf(content), sha512, sha256],
    [
      'V6',
      'MAN_DIGEST when the header is wrong by its own algorithm',
      digestOf(content),
      digestOf(other, 'sha512').text,
      'MAN_DIGEST',
    ],
    ['V10', 'the one asked for, sha512 too', digestOf(content, 'sha512'), undefined, sha512],
  ];
  for (const [row, what, pinned, header, outcome] of cases) {
    it(`[${row}] is ${what}`, () => {
      expect(digestFor(pinned, header)).to.equal(outcome);
    });
  }
});

/** The digest that comes out, or the error's code. */
function digestFor(pinned: Digest | undefined, header: string | string[] | undefined): string {
  try {
    return verifiedDigest(content, pinned, { 'docker-content-digest': header }, silentLog).text;
  } catch (thrown) {
    return thrown instanceof RunnerError ? thrown.code : String(thrown);
  }
}
