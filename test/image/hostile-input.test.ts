import { expect } from 'chai';

import { parseImageConfig } from '../../src/image/config.ts';
import { parseDigest } from '../../src/image/digest.ts';
import { parsePlatform } from '../../src/image/platform.ts';
import { parseReference, validateImagePrefix } from '../../src/image/reference.ts';
import { caughtFrom } from './caught.ts';
import { cpuTimeMs } from './cpu-time.ts';

const length = 20_000;
const limitMs = 50;

const repeated = (unit: string): string => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

const units = [
  'a',
  '-',
  'a-',
  'a.',
  'a/',
  'a:',
  'a@',
  '_',
  '/',
  ':',
  '@',
  ' ',
  '[',
  '1.',
  'A',
  '\0',
  '\u{1f4a5}',
  '\ud800',
];
const hostile = units.flatMap((unit) => [
  { shape: `${JSON.stringify(unit)} repeated`, text: repeated(unit) },
  { shape: `${JSON.stringify(unit)} repeated, then !`, text: `${repeated(unit)}!` },
  { shape: `a host, then ${JSON.stringify(unit)} repeated`, text: `a.b/${repeated(unit)}` },
]);

describe('hostile input of 20 000 characters', () => {
  for (const { shape, text } of hostile) {
    it(`[J1] [J2] [J3] [L9] is refused as an image name at once: ${shape}`, () => {
      const spentMs = cpuTimeMs(() => {
        expect(caughtFrom(() => parseReference(text)).code).to.match(/^REF_/);
      });
      expect(spentMs).to.be.below(limitMs);
    });
  }

  it('[J1] [J2] stays fast within the cap on length', () => {
    for (const { text } of hostile) {
      const spentMs = cpuTimeMs(() => {
        caughtFrom(() => parseReference(text.slice(0, 4090)));
      });
      expect(spentMs, text.slice(0, 10)).to.be.below(limitMs);
    }
  });

  it('is judged at once as a digest, a platform, a prefix and a config', () => {
    for (const { text } of hostile) {
      const spentMs = cpuTimeMs(() => {
        caughtFrom(() => parseDigest(`sha256:${text}`));
        caughtFrom(() => parsePlatform(text));
        validateImagePrefix(text);
        caughtFrom(() => parseImageConfig(Buffer.from(text)));
      });
      expect(spentMs, text.slice(0, 10)).to.be.below(limitMs);
    }
  });

  it('is refused at once as a deeply nested config', () => {
    const spentMs = cpuTimeMs(() => {
      caughtFrom(() => parseImageConfig(Buffer.from('['.repeat(length))));
      caughtFrom(() => parseImageConfig(Buffer.from(`${'['.repeat(length)}${']'.repeat(length)}`)));
    });
    expect(spentMs).to.be.below(limitMs);
  });
});
