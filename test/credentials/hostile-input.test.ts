import { expect } from 'chai';

import { decodeBase64 } from '../../src/credentials/base64.ts';
import { Glob } from '../../src/image/glob.ts';
import { Keyring } from '../../src/credentials/keyring.ts';
import { keyTarget, matchKey, parseKey, shownKey } from '../../src/credentials/key.ts';
import { parseReference } from '../../src/image/reference.ts';
import { caughtFrom } from '../image/caught.ts';
import { cpuTimeMs } from '../image/cpu-time.ts';

const length = 20_000;
const limitMs = 50;
const repeated = (unit: string): string => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
const units = [
  'a',
  '*',
  '*a',
  '?',
  '[',
  '[a',
  '[a-',
  '\\',
  '.',
  '*.',
  '/',
  ':',
  '@',
  '=',
  'a@',
  '#',
  '\n',
  ' ',
  '\ud800',
];

describe('hostile credentials of 20 000 characters', () => {
  for (const unit of units) {
    it(`are read at once as key, pattern and base64: ${JSON.stringify(unit)} repeated`, () => {
      const text = repeated(unit);
      const target = keyTarget('a.'.repeat(126), 'a'.repeat(255));
      const spentMs = cpuTimeMs(() => {
        for (const shape of [text, `https://${text}`, `${text}!`, `a.io/${text}`]) {
          const key = parseKey(shape);
          if (key !== undefined) expect(matchKey(key, target)).to.equal('no');
          expect(shownKey(shape)).to.have.length.below(200);
        }
        Glob.parse(text)?.matches('a'.repeat(253));
        Glob.parse(text.slice(0, 253))?.matches('a'.repeat(253));
        decodeBase64(text);
      });
      expect(spentMs).to.be.below(limitMs);
    });
  }

  it('[G31] match a pattern full of stars without trying every way', () => {
    const spentMs = cpuTimeMs(() => {
      expect(Glob.parse('*a'.repeat(120))?.matches(`${'a'.repeat(250)}b`)).to.equal(false);
    });
    expect(spentMs).to.be.below(limitMs);
  });

  it('are refused at once when nested deeply', () => {
    const spentMs = cpuTimeMs(() => {
      caughtFrom(() => Keyring.parse(Buffer.from('['.repeat(length)), 'file'));
      Keyring.parse(Buffer.from(`{"auths":{"a.io":${'['.repeat(length)}${']'.repeat(length)}}}`), 'file');
    });
    expect(spentMs).to.be.below(limitMs);
  });

  it('are looked up quickly among as many entries as a secret can hold', () => {
    const auths = Object.fromEntries(
      Array.from({ length: 15_000 }, (_, index) => [`*.r${String(index)}.io/team`, { username: 'u', password: 'p' }]),
    );
    const keyring = Keyring.parse(Buffer.from(JSON.stringify({ auths })), 'file');
    const reference = parseReference('a.r14999.io/team/app');
    const spentMs = [1, 2, 3].map(() =>
      cpuTimeMs(() => {
        expect(Keyring.lookupIn([keyring], reference).candidates.map(({ key }) => key)).to.deep.equal([
          '*.r14999.io/team',
        ]);
      }),
    );
    expect(Math.min(...spentMs)).to.be.below(limitMs);
  });
});
