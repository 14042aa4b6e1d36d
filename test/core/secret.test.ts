import { inspect } from 'node:util';
import { expect } from 'chai';
import { Secret } from '../../src/core/secret.ts';

describe('Secret', () => {
  const secret = new Secret('s3cr:t');
  const prints: readonly (readonly [string, () => string])[] = [
    ['String()', () => String(secret)],
    ['toString', () => secret.toString()],
    ['JSON', () => JSON.stringify({ secret })],
    ['util.inspect', () => inspect({ secret }, { showHidden: true, depth: 9 })],
    ['an error that carries it', () => inspect(new Error('x', { cause: secret }))],
  ];
  for (const [name, print] of prints) {
    it(`shows nothing of itself in ${name}`, () => {
      expect(print()).to.contain('[redacted]').and.not.contain('s3cr');
    });
  }

  it('keeps bytes that are not UTF-8 as they are', () => {
    const bytes = Uint8Array.of(0xff, 0x00, 0xe9);
    expect(new Secret(bytes).reveal().equals(bytes)).to.equal(true);
  });
});
