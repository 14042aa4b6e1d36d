import { expect } from 'chai';
import { Readable } from 'node:stream';
import { watchEvents } from '../../src/kubernetes/watch/watch-lines.ts';

const line = (name: string): string =>
  `${JSON.stringify({ type: 'ADDED', object: { metadata: { name, resourceVersion: '1' } } })}\n`;

async function kinds(chunks: readonly Uint8Array[], limit?: number): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const event of watchEvents(Readable.from(chunks), limit)) {
    seen.push(event.kind === 'put' ? `put ${JSON.stringify(event.raw['metadata'])}` : event.kind);
  }
  return seen;
}

describe('watchEvents', () => {
  const text = Buffer.from(line('größe') + line('two'));
  const expected = ['put {"name":"größe","resourceVersion":"1"}', 'put {"name":"two","resourceVersion":"1"}'];

  for (const size of [1, 2, 7, 1000]) {
    it(`reads events that come in pieces of ${String(size)} bytes`, async () => {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.subarray(i * size, (i + 1) * size),
      );
      expect(await kinds(pieces)).to.deep.equal(expected);
    });
  }

  it('passes over empty lines, and over a last line that is cut', async () => {
    expect(await kinds([Buffer.from(`\n${line('a')}\n{"type":"ADD`)])).to.have.length(1);
  });

  it('keeps no more of a line than the limit, and goes on after it', async () => {
    const long = Buffer.from('x'.repeat(150));
    expect(await kinds([long, long, Buffer.from(`x\n${line('a')}`)], 200)).to.deep.equal([
      'malformed',
      'put {"name":"a","resourceVersion":"1"}',
    ]);
  });
});
