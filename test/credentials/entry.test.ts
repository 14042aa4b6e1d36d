import { expect } from 'chai';

import { anonymous } from '../../src/credentials/candidate.ts';
import { Keyring } from '../../src/credentials/keyring.ts';
import { parseReference } from '../../src/image/reference.ts';
import { base64, firstLogin, keyringOf, keysFor } from './keyring-with.ts';

const encode = (...bytes: readonly (string | number)[]): string =>
  Buffer.concat(bytes.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part])))).toString(
    'base64',
  );

function fingerprint(entry: unknown): string {
  const [candidate] = Keyring.lookupIn([keyringOf({ 'reg.io': entry })], parseReference('reg.io/x')).candidates;
  return candidate?.kind === 'login' ? candidate.fingerprint : 'broken';
}

const logins = [
  { rows: '[E1]', entry: { username: 'foo', password: 'bar' }, login: 'foo / bar' },
  { rows: '[E2]', entry: { auth: 'Zm9vOmJhcg==' }, login: 'foo / bar' },
  { rows: '[E3]', entry: { username: 'foo', password: 'bar', auth: 'cGluZzpwb25n' }, login: 'ping / pong' },
  { rows: '[E5]', entry: { auth: 'Zm9vOm\nJhcg==\n' }, login: 'foo / bar' },
  { rows: '[E5]', entry: { auth: 'Zm9vOm\r\nJhcg==\r\n' }, login: 'foo / bar' },
  { rows: '[X8]', entry: { auth: 'Zm9vOmJhcg' }, login: 'foo / bar' },
  { rows: '[E9]', entry: { auth: base64('user:pa:ss') }, login: 'user / pa:ss' },
  { rows: '[E11]', entry: { auth: base64('user:') }, login: 'user / ' },
  { rows: '[E1] [C9]', entry: { UserName: 'foo', PASSWORD: 'bar' }, login: 'foo / bar' },
  {
    rows: '[E11] [X9]',
    entry: { auth: base64('00000000-0000-0000-0000-000000000000:'), identitytoken: 'refresh' },
    login: { identityToken: 'refresh', fallback: undefined },
  },
  {
    rows: '[E20] [E21] [X9]',
    entry: { username: 'foo', password: 'bar', identitytoken: 'refresh' },
    login: { identityToken: 'refresh', fallback: 'foo / bar' },
  },
  { rows: '[E19] [X9]', entry: { registrytoken: 'bearer' }, login: { registryToken: 'bearer' } },
  {
    rows: '[E19] [E20]',
    entry: { registrytoken: 'bearer', identitytoken: 'refresh', auth: base64('foo:bar') },
    login: { registryToken: 'bearer' },
  },
];

const broken = [
  { rows: '[E6]', what: 'a trailing space', entry: { auth: 'Zm9vOmJhcg== ' } },
  { rows: '[E7] [E23]', what: 'the text pants', entry: { auth: 'pants' } },
  { rows: '[E8]', what: 'no colon', entry: { auth: 'cGFudHM=' } },
  { rows: '[E23]', what: 'exclamation marks', entry: { auth: '!!!!' } },
  { rows: '[E23]', what: 'a star inside', entry: { auth: 'dXNlcjpw*YXNz' } },
  { rows: '[E23]', what: 'garbage after the padding', entry: { auth: 'dXNlcjpwYXNz==garbage' } },
  { rows: '[E23]', what: 'the URL alphabet', entry: { auth: 'dXNlcjpw_-Fz' } },
  { rows: '[E23] [X8]', what: 'too little padding', entry: { auth: 'Zm9vOmJhcg=' } },
  { rows: '[E23] [X8]', what: 'too much padding', entry: { auth: 'Zm9vOmJhcg===' } },
  { rows: '[E13]', what: 'an email that is no text', entry: { email: false, username: 'foo', password: 'hunter2' } },
  { rows: '[E13]', what: 'a password that is no text', entry: { username: 'foo', password: 7 } },
  { rows: '[E14]', what: 'a list for an entry', entry: ['hunter2'] },
  { rows: '[E12] [E24]', what: 'a password that ends in NUL', entry: { auth: encode('user:hunter2', 0) } },
  { rows: '[E24]', what: 'a user name with a line break', entry: { username: 'u\r\nX: y', password: 'hunter2' } },
  { rows: '[E24]', what: 'an identity token with a line break', entry: { identitytoken: 'hunter2\r\nX: y' } },
  { rows: '[E24]', what: 'a registry token with a blank', entry: { registrytoken: 'hunter2 x' } },
  { rows: '[E22]', what: 'a user name that is not UTF-8', entry: { auth: encode(0xff, ':hunter2') } },
];

describe('credentials entry', () => {
  for (const { rows, entry, login } of logins) {
    it(`${rows} ${JSON.stringify(entry)} is ${JSON.stringify(login)}`, () => {
      expect(firstLogin(keyringOf({ 'reg.io': entry }), 'reg.io/x')).to.deep.equal(login);
    });
  }

  for (const { rows, what, entry } of broken) {
    it(`${rows} [E15] [X7] is broken with ${what}, which fails the call that needs it and no other`, () => {
      const keyring = keyringOf({ 'a.io': { auth: 'Zm9vOmJhcg==' }, 'reg.io': entry });
      const [candidate] = Keyring.lookupIn([keyring], parseReference('reg.io/x')).candidates;
      expect(candidate).to.have.property('kind', 'broken');
      expect(firstLogin(keyring, 'a.io/x')).to.equal('foo / bar');
      const shown = JSON.stringify([candidate, keyring.warnings]);
      expect(shown).to.include('reg.io').and.not.include('hunter2').and.not.include('pants');
    });
  }

  it('[E14] [E15] [X7] leaves the good entries usable beside a bad one', () => {
    const keyring = keyringOf({ 'bad.io': { auth: 'pants' }, 'good.io': { auth: 'Zm9vOmJhcg==' } });
    expect(firstLogin(keyring, 'good.io/x')).to.equal('foo / bar');
    expect(keyring.warnings.join()).to.include('bad.io');
  });

  for (const entry of [
    {},
    null,
    { auth: '' },
    { email: 'a@b.c' },
    { username: '', password: '' },
    { auth: base64(':') },
  ]) {
    it(`[E16] [E17] ${JSON.stringify(entry)} has nothing to log in with, so the next match is used`, () => {
      const keyring = keyringOf({ 'reg.io/team': entry, 'reg.io': { auth: 'Zm9vOmJhcg==' } });
      expect(keysFor(keyring, 'reg.io/team/x')).to.deep.equal(['reg.io']);
      expect(keysFor(keyringOf({ 'reg.io': entry }), 'reg.io/x')).to.deep.equal(['anonymous']);
    });
  }

  for (const entry of [
    { auth: encode('_json_key:{\n  "a": "b:c\\n"\r\n}') },
    { username: '_json_key', password: '{\n  "a": "b:c\\n"\r\n}' },
  ]) {
    it(`[E24] ${Object.keys(entry).join(' and ')} may hold a password of several lines, as Google's JSON keys are`, () => {
      const keyring = keyringOf({ 'gcr.io': entry });
      expect(firstLogin(keyring, 'gcr.io/x')).to.equal('_json_key / {\n  "a": "b:c\\n"\r\n}');
      expect(keyring.warnings).to.deep.equal([]);
    });
  }

  it('[E24] warns of a password that ends with a line break, as a file does that an editor wrote', () => {
    const keyring = keyringOf({ 'reg.io': { username: 'foo', password: 'hunter2\n' } });
    expect(firstLogin(keyring, 'reg.io/x')).to.equal('foo / hunter2\n');
    expect(keyring.warnings.join())
      .to.include('"reg.io": the password ends with a line break')
      .and.not.include('hunter2');
  });

  it('[E22] keeps password bytes that are not UTF-8', () => {
    expect(firstLogin(keyringOf({ 'reg.io': { auth: encode('user:', 0xff, 0xe9, 0x80) } }), 'reg.io/x')).to.equal(
      'user / \xff\xe9\x80',
    );
  });

  it('[X9] says that the node will not use a token', () => {
    const keyring = keyringOf({ 'a.io': { identitytoken: 't' }, 'b.io': { registrytoken: 't' } });
    expect(keyring.warnings).to.have.length(2);
    expect(keyring.warnings.join()).to.match(/the node will not use/);
  });

  it('never shows a secret, however it is printed', () => {
    const keyring = keyringOf({
      'reg.io': { username: 'foo', password: 'hunter2' },
      'b.io': { identitytoken: 'hunter2' },
    });
    const candidates = ['reg.io/x', 'b.io/x'].flatMap(
      (image) => Keyring.lookupIn([keyring], parseReference(image)).candidates,
    );
    expect(JSON.stringify(candidates)).to.include('[redacted]').and.not.include('hunter2');
    expect(String(candidates.map((candidate) => JSON.stringify(candidate)))).to.not.include(base64('foo:hunter2'));
  });

  it('has a fingerprint that is equal for equal logins only, and none of whose parts can shift', () => {
    const distinct = [
      { username: 'ab', password: 'c' },
      { username: 'a', password: 'bc' },
      { identitytoken: 'c' },
      { registrytoken: 'c' },
      { username: 'ab', password: 'c', identitytoken: 'c' },
    ].map(fingerprint);
    expect(new Set(distinct)).to.have.property('size', distinct.length);
    expect(distinct).to.satisfy((all: readonly string[]) => all.every((one) => /^[0-9a-f]{16}$/.test(one)));
    expect(fingerprint({ auth: base64('ab:c') })).to.equal(distinct[0]);
    expect(anonymous).to.have.property('fingerprint', 'anonymous');
  });
});
