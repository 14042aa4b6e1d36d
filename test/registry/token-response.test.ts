import { expect } from 'chai';
import * as fc from 'fast-check';

import { RunnerError } from '../../src/core/errors.ts';
import { parseTokenResponse } from '../../src/registry/auth/token-response.ts';

function read(text: string): { readonly token: string; readonly lifeSeconds: number } {
  const { token, lifeSeconds } = parseTokenResponse(Buffer.from(text));
  return { token: token.reveal().toString(), lifeSeconds };
}

const readable: readonly (readonly [row: string, what: string, body: object, token: string, lifeSeconds: number])[] = [
  ['TR1', 'token', { token: 'a' }, 'a', 60],
  ['TR2', 'access_token', { access_token: 'a' }, 'a', 60],
  ['TR3', 'access_token before token', { token: 'b', access_token: 'a' }, 'a', 60],
  ['TR4', 'token where access_token is empty', { token: 'b', access_token: '' }, 'b', 60],
  ['TR6', '60 seconds where it does not say', { token: 'a' }, 'a', 60],
  ['TR15', 'one second when it says so', { token: 'a', expires_in: 1 }, 'a', 1],
  [
    'TR15',
    'its life and not what issued_at makes of it',
    { token: 'a', expires_in: 100, issued_at: '2018-01-02T10:00:00Z' },
    'a',
    100,
  ],
  [
    'TR9',
    'its life when issued_at is the zero time',
    { token: 'a', expires_in: 100, issued_at: '0001-01-01T00:00:00Z' },
    'a',
    100,
  ],
  ['TR10', 'a life written in digits', { token: 'a', expires_in: '300' }, 'a', 300],
  ['TR10', '60 seconds for other text', { token: 'a', expires_in: 'soon' }, 'a', 60],
  ['TR10', '60 seconds for a fraction', { token: 'a', expires_in: 1.5 }, 'a', 60],
  ['TR10', '60 seconds for a negative life', { token: 'a', expires_in: -5 }, 'a', 60],
  ['TR10', '60 seconds for null', { token: 'a', expires_in: null }, 'a', 60],
];

const unusable: readonly (readonly [row: string, what: string, body: string])[] = [
  ['TR4', 'has no token', '{}'],
  ['TR4', 'has two empty ones', '{"token":"","access_token":""}'],
  ['TR4', 'has a token that is no text', '{"token":{"a":1}}'],
  ['TR5', 'is not JSON', 'IAmNotJson'],
  ['TR5', 'is a list', '["a"]'],
  ['TR14', 'has a token with a line break', '{"token":"canary\\r\\nHost: evil"}'],
  ['TR14', 'has a token over 16 KiB', JSON.stringify({ token: 'canary'.repeat(3000) })],
];

describe("a token service's answer", () => {
  for (const [row, what, body, token, lifeSeconds] of readable) {
    it(`[${row}] gives ${what}`, () => {
      expect(read(JSON.stringify(body))).to.deep.equal({ token, lifeSeconds });
    });
  }

  for (const [row, what, body] of unusable) {
    it(`[${row}] is refused when it ${what}, without quoting it`, () => {
      expect(() => read(body))
        .to.throw(RunnerError)
        .with.property('code', 'AUTH_TOKEN');
      expect(() => read(body))
        .to.throw()
        .with.property('message')
        .that.does.not.match(/canary|NotJson/);
    });
  }

  it('is either read or refused with AUTH_TOKEN, whatever it holds', () => {
    const field = fc.constantFrom('token', 'access_token', 'expires_in', 'x');
    const body = fc.oneof(
      fc.string(),
      fc.dictionary(field, fc.jsonValue()).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(body, (text) => {
        try {
          expect(read(text).lifeSeconds).to.be.at.least(0);
        } catch (thrown) {
          expect(thrown).to.be.instanceOf(RunnerError).with.property('code', 'AUTH_TOKEN');
        }
      }),
      { seed: 20_260_822, numRuns: 1000 },
    );
  });
});
