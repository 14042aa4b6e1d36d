import { inspect } from 'node:util';
import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import type { CallerLogin } from '../../src/credentials/caller.ts';
import { parseCallerHeader } from '../../src/credentials/caller-header.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const url = (text: string): string => Buffer.from(text).toString('base64url');
const json = (document: unknown): string => url(JSON.stringify(document));

/** In clear, to compare with. */
function shown({ login, server }: CallerLogin): readonly unknown[] {
  switch (login.kind) {
    case 'basic':
      return ['basic', login.username, login.password.reveal().toString(), server];
    case 'identity-token':
      return ['identity', login.token.reveal().toString(), login.fallback?.username, server];
    case 'registry-token':
      return ['registry', login.token.reveal().toString(), server];
  }
}

const good: readonly (readonly [string, string, readonly unknown[]])[] = [
  ['user:password', base64('ada:love'), ['basic', 'ada', 'love', undefined]],
  ['a password with colons', base64('ada:a:b::c'), ['basic', 'ada', 'a:b::c', undefined]],
  ['text beyond ASCII', base64('robot$é:a"é€'), ['basic', 'robot$é', 'a"é€', undefined]],
  ['no password', base64('ada:'), ['basic', 'ada', '', undefined]],
  ['no padding', base64('ada:lov').replaceAll('=', ''), ['basic', 'ada', 'lov', undefined]],
  ['the alphabet of URLs', url('ada:??>>~~'), ['basic', 'ada', '??>>~~', undefined]],
  ['the usual alphabet', base64('ada:??>>~~'), ['basic', 'ada', '??>>~~', undefined]],
  [
    'a key file as password',
    base64('_json_key:{\n"a": "b"\n}\n'),
    ['basic', '_json_key', '{\n"a": "b"\n}\n', undefined],
  ],
  ['blanks around it', ` ${base64('ada:love')} `, ['basic', 'ada', 'love', undefined]],
  [
    "Docker's JSON",
    json({ username: 'ada', password: 'love', email: 'a@b.io', serveraddress: 'r.example' }),
    ['basic', 'ada', 'love', 'r.example'],
  ],
  [
    "Docker's JSON for Docker Hub",
    json({ username: 'ada', password: 'love', serveraddress: 'https://index.docker.io/v1/' }),
    ['basic', 'ada', 'love', 'https://index.docker.io/v1/'],
  ],
  [
    "Docker's JSON in the usual base64",
    base64('{"username":"ada","password":"??>>"}'),
    ['basic', 'ada', '??>>', undefined],
  ],
  ["Docker's JSON with auth", json({ auth: base64('ada:love') }), ['basic', 'ada', 'love', undefined]],
  [
    "Docker's JSON with an identity token",
    json({ identitytoken: 'refresh' }),
    ['identity', 'refresh', undefined, undefined],
  ],
  ["Docker's JSON with a registry token", json({ registrytoken: 'bearer' }), ['registry', 'bearer', undefined]],
  [
    "Docker's JSON with an empty server",
    json({ auth: base64('a:b'), serveraddress: '' }),
    ['basic', 'a', 'b', undefined],
  ],
];

const canary = 'c4nary';
const bad: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['two values', [base64('a:b'), base64('c:d')], /given more than once/],
  ['two values that HTTP/2 has joined', [`${base64('a:b')}, ${base64('c:d')}`], /given more than once/],
  ['nothing', [''], /is empty/],
  ['blanks', ['  '], /is empty/],
  ['what is not base64', [`${canary}:love`], /not base64/],
  ['no colon', [base64(canary)], /neither base64 of user:password nor of JSON/],
  ['broken JSON', [base64(`{"username": "${canary}"`)], /begins like JSON/],
  ['JSON without a login', [json({})], /no login/],
  ['JSON with an e-mail address alone', [json({ email: canary })], /no login/],
  ['an empty login', [base64(':')], /no login/],
  ['a password that is no text', [json({ username: canary, password: 7 })], /password is not a text/],
  ['a server that is no text', [json({ auth: base64('a:b'), serveraddress: [canary] })], /serveraddress is not a text/],
  ['a line end after the password', [base64(`ada:${canary}\n`)], /line break/],
  ['a NUL in the name', [base64(`a\0${canary}:b`)], /NUL/],
  ['a token with a blank', [json({ registrytoken: `${canary} x` })], /blank/],
  ['auth that is not base64', [json({ auth: `${canary}!` })], /auth is not base64/],
  ['a name that is not UTF-8', [Buffer.from([0xff, 0x3a, 0x61]).toString('base64')], /not UTF-8/],
  ['more than 8 KiB', [base64(`ada:${canary.repeat(1100)}`)], /longer than 8192 bytes/],
];

describe('The registry login that comes with a call', () => {
  for (const [title, value, expected] of good) {
    it(`is read from ${title}`, () => {
      expect(shown(parseCallerHeader([value]))).to.deep.equal(expected);
    });
  }

  for (const [title, values, reason] of bad) {
    it(`is refused when it is ${title}, and not quoted`, () => {
      const error = thrownBy(() => parseCallerHeader(values));
      expect(error.code).to.equal('REQUEST_INVALID');
      expect(error.message)
        .to.match(reason)
        .and.match(/^the metadata x-registry-auth: /);
      const all = JSON.stringify([error.message, error.details, error.stack]);
      for (const text of [canary, base64(canary).slice(0, 6), ...values.filter((value) => value.trim() !== '')]) {
        expect(all).to.not.include(text);
      }
    });
  }

  it('does not show in any way of printing it', () => {
    const login = parseCallerHeader([json({ username: 'ada', password: canary })]);
    expect(`${JSON.stringify(login)} ${inspect(login, { depth: 9 })}`).to.not.include(canary);
  });

  it('takes ten thousand malformed values with an error of its own', () => {
    for (let index = 0; index < 10_000; index += 1) {
      const text = base64('{"username":"ada","password":"love","serveraddress":"r.example"}');
      const at = index % text.length;
      const values = [text.slice(0, at) + String.fromCharCode((index * 7) % 256) + text.slice(at + (index % 3))];
      try {
        parseCallerHeader(values);
      } catch (thrown) {
        expect(thrown).to.be.instanceOf(RunnerError);
      }
    }
  });
});

function thrownBy(work: () => unknown): RunnerError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof RunnerError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}
