import { expect } from 'chai';
import { leaksIn } from './leaks.ts';

const secret = 'pä$$:word?/+~canary';

const hidden: readonly { readonly how: string; readonly text: string }[] = [
  { how: 'as it is', text: `password ${secret}!` },
  { how: 'in a URL', text: `https://x.example/?a=${encodeURIComponent(secret)}&b=c` },
  { how: 'in a form', text: new URLSearchParams({ a: secret }).toString() },
  { how: 'in JSON', text: JSON.stringify({ a: `${secret}"` }) },
  { how: 'in hexadecimal', text: Buffer.from(`x${secret}`).toString('hex') },
  ...['', 'u:', 'us:', 'user:', 'robot$runner:'].flatMap((user) => [
    { how: `in base64 after "${user}"`, text: `Basic ${Buffer.from(user + secret).toString('base64')}` },
    { how: `in base64url after "${user}"`, text: Buffer.from(`${user}${secret} and more`).toString('base64url') },
  ]),
];

describe('the search for leaked secrets', () => {
  for (const { how, text } of hidden) {
    it(`finds one ${how}`, () => {
      expect(leaksIn(text, [secret])).to.deep.equal([secret]);
    });
  }

  it('finds none where there is none', () => {
    expect(leaksIn('password [redacted]', [secret, 'other-canary'])).to.deep.equal([]);
  });

  it('does not look for what is too short to be told from other text', () => {
    expect(leaksIn('a password', ['a', 'passw'])).to.deep.equal([]);
  });
});
