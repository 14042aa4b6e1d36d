import { expect } from 'chai';

import { quoteInput } from '../../src/image/quote.ts';

const cases = [
  { what: 'a plain name', input: 'ghcr.io/org/app:v1', expected: '"ghcr.io/org/app:v1"' },
  { what: 'a digest', input: `app@sha256:${'0'.repeat(64)}`, expected: `"app@sha256:${'0'.repeat(64)}"` },
  { what: 'no password', input: 'user:hunter2@host.com/x', expected: '"…@host.com/x"' },
  { what: 'no password before a port', input: 'user:hunter2@localhost:5000', expected: '"…@localhost:5000"' },
  { what: 'no token used as a user name', input: 'ghp_secret@ghcr.io/x', expected: '"…@ghcr.io/x"' },
  { what: 'no password with an @ of its own', input: 'u:p@ss@host/x', expected: '"…@host/x"' },
  { what: 'no query', input: 'host.com/x?token=secret', expected: '"host.com/x?…"' },
  { what: 'no control characters', input: 'a\u001b[31m\n\u2028b', expected: '"a?[31m??b"' },
];

describe('reference in a message', () => {
  for (const { what, input, expected } of cases) {
    it(`shows ${what}`, () => {
      expect(quoteInput(input)).to.equal(expected);
    });
  }

  it('is cut to a bearable length', () => {
    expect(quoteInput('a'.repeat(20_000))).to.have.length.below(170);
  });
});
