import { expect } from 'chai';

import { HeadTail } from '../../src/local/process/head-tail.ts';

function written(maxBytes: number, ...chunks: readonly string[]): HeadTail {
  const text = new HeadTail(maxBytes);
  for (const chunk of chunks) text.write(Buffer.from(chunk));
  return text;
}

describe('HeadTail', () => {
  it('keeps everything that fits', () => {
    expect(written(10, 'abc', '', 'defghij').toBuffer().toString()).to.equal('abcdefghij');
  });

  it('keeps the beginning and the end of what does not fit, and says how much is gone', () => {
    expect(written(6, 'abcd', 'efgh', 'ijkl').toBuffer().toString()).to.equal('abc\n… 6 bytes cut …\njkl');
  });

  it('counts what it did not keep', () => {
    expect(written(4, 'abcd', 'efgh').totalBytes).to.equal(8);
  });

  it('keeps the very beginning and the very end of a flood of small chunks', () => {
    const text = new HeadTail(1000);
    for (let index = 0; index < 200_000; index += 1) text.write(Buffer.from(`${String(index)},`));
    const kept = text.toBuffer().toString();
    expect(kept).to.match(/^0,1,2,.*199998,199999,$/s);
    expect(kept.length).to.be.below(1100);
    expect(text.totalBytes).to.equal(1_288_890);
  });
});
