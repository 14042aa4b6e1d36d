import { expect } from 'chai';

import { digestOf, parseDigest } from '../../src/image/digest.ts';
import { caughtFrom } from './caught.ts';
import { hex64, hex128 } from './reference-table.ts';

const bad = [
  { rows: '[CB9]', text: 'sha256:../../x', code: 'REF_FORMAT' },
  { rows: '[CB9]', text: `sha256:${'../'.repeat(21)}x`, code: 'REF_FORMAT' },
  { rows: '[A6]', text: '', code: 'REF_FORMAT' },
  { rows: '[A6]', text: hex64, code: 'REF_FORMAT' },
  { rows: '[A6]', text: `:${hex64}`, code: 'REF_FORMAT' },
  { rows: '[A6]', text: `sha256:${hex64}\n`, code: 'REF_FORMAT' },
  { rows: '[A7]', text: `sha256:${hex128}`, code: 'REF_DIGEST_LENGTH' },
  { rows: '[A7]', text: `sha512:${hex64}`, code: 'REF_DIGEST_LENGTH' },
  { rows: '[A7]', text: `sha256:${hex64.slice(1)}F`, code: 'REF_DIGEST_FORMAT' },
  { rows: '[A7] [D11]', text: `sha384:${hex128.slice(32)}`, code: 'REF_DIGEST_ALGO' },
  { rows: '[A8]', text: `multihash+base58:${hex64}`, code: 'REF_DIGEST_ALGO' },
  { rows: '[D7]', text: `Sha256:${hex64}`, code: 'REF_UPPERCASE' },
];

describe('digest', () => {
  it('[A7] [A8] is sha256 with 64 or sha512 with 128 lower-case hex digits', () => {
    expect(parseDigest(`sha256:${hex64}`)).to.deep.equal({ algorithm: 'sha256', hex: hex64, text: `sha256:${hex64}` });
    expect(parseDigest(`sha512:${hex128}`).algorithm).to.equal('sha512');
  });

  for (const { rows, text, code } of bad) {
    it(`${rows} ${JSON.stringify(text.slice(0, 40))} of ${String(text.length)} characters is refused as ${code}`, () => {
      expect(caughtFrom(() => parseDigest(text)).code).to.equal(code);
    });
  }

  it('[D10] is computed with the algorithm asked for', () => {
    // Test vectors of FIPS 180-2 for "abc".
    const abc = Buffer.from('abc');
    expect(digestOf(abc).text).to.equal('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(digestOf(abc, 'sha512').hex).to.match(/^ddaf35a193617abacc417349ae204131/);
  });
});
