import { expect } from 'chai';
import * as fc from 'fast-check';

import { Glob } from '../../src/image/glob.ts';

const settings = { seed: 20_260_103, numRuns: 3000 };

const pattern = fc.array(fc.constantFrom('a', 'b', '*', '?', '[ab]', '[^a]'), { maxLength: 8 });
const label = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 10 }).map((letters) => letters.join(''));

/** The rule itself, tried in every way: fit for short patterns only. */
function matchesSlowly([part, ...parts]: readonly string[], text: string): boolean {
  if (part === undefined) return text === '';
  if (part === '*') {
    return Array.from({ length: text.length + 1 }, (_, taken) => text.slice(taken)).some((rest) =>
      matchesSlowly(parts, rest),
    );
  }
  return text !== '' && takes(part, text.charAt(0)) && matchesSlowly(parts, text.slice(1));
}

function takes(part: string, letter: string): boolean {
  if (part === '[ab]') return letter === 'a' || letter === 'b';
  if (part === '[^a]') return letter !== 'a';
  return part === '?' || part === letter;
}

describe('pattern of one label, for any input', () => {
  it('[G31] matches what trying every way would match', () => {
    fc.assert(
      fc.property(pattern, label, (parts, text) => {
        expect(Glob.parse(parts.join(''))?.matches(text)).to.equal(matchesSlowly(parts, text));
      }),
      settings,
    );
  });

  it('[G30] is either malformed or usable, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), label, (text, name) => {
        expect(Glob.parse(text)?.matches(name)).to.be.oneOf([undefined, true, false]);
      }),
      settings,
    );
  });

  it('[G31] always matches the text it spells out', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-]{0,63}$/), (text) => {
        const glob = Glob.parse(text);
        expect(glob?.isLiteral).to.equal(true);
        expect(glob?.matches(text)).to.equal(true);
        expect(Glob.parse(`*${text}*`)?.matches(`x${text}y`)).to.equal(true);
      }),
      settings,
    );
  });
});
