import { expect } from 'chai';

import { Glob } from '../../src/image/glob.ts';
import { keyTarget, matchKey, parseKey, type KeyTarget } from '../../src/credentials/key.ts';
import { keyringWith, keysFor } from './keyring-with.ts';

/** Takes `host[:port]/path` apart by hand: some of the kubelet's own cases are not valid image names. */
function target(text: string): KeyTarget {
  const [authority = '', ...segments] = text.split('/');
  return keyTarget(authority, segments.join('/'));
}

const hostRows = [
  { rows: '[G1]', pattern: '*.kubernetes.io', text: 'prefix.kubernetes.io', match: 'yes' },
  { rows: '[G2]', pattern: 'prefix.*.io', text: 'prefix.kubernetes.io', match: 'yes' },
  { rows: '[G3]', pattern: 'prefix.kubernetes.*', text: 'prefix.kubernetes.io', match: 'yes' },
  { rows: '[G5]', pattern: '*.kubernetes.io/blah', text: 'prefix.kubernetes.io/blah', match: 'yes' },
  { rows: '[G6]', pattern: 'prefix.*.io/foo', text: 'prefix.kubernetes.io/foo/bar', match: 'yes' },
  { rows: '[G7]', pattern: '*.kubernetes.io:1111/blah', text: 'prefix.kubernetes.io:1111/blah', match: 'yes' },
  { rows: '[G8]', pattern: 'prefix.*.io:1111/foo', text: 'prefix.kubernetes.io:1111/foo/bar', match: 'yes' },
  { rows: '[G9]', pattern: '*.kubernetes.io', text: 'kubernetes.io', match: 'no' },
  { rows: '[G11]', pattern: '*.*.kubernetes.io', text: 'kubernetes.io', match: 'no' },
  { rows: '[G12]', pattern: 'kubernetes.io', text: 'kubernetes.com', match: 'no' },
  { rows: '[G13]', pattern: 'k*.io', text: 'quay.io', match: 'no' },
  { rows: '[G14]', pattern: '*.kubernetes.io:1234/blah', text: 'prefix.kubernetes.io:1111/blah', match: 'no' },
  { rows: '[G15]', pattern: 'prefix.*.io/foo', text: 'prefix.kubernetes.io:1111/foo/bar', match: 'no' },
  { rows: '[G17]', pattern: 'https://*.docker.io/v1/', text: 'prefix.docker.io/path:1111/foo/bar', match: 'yes' },
  { rows: '[G18]', pattern: 'https://*.docker.io/v2/', text: 'prefix.docker.io/path:1111/foo/bar', match: 'yes' },
  { rows: '[G19]', pattern: 'prefix.docker.io:1111', text: 'prefix.docker.io:1111/path/foo/bar', match: 'yes' },
  { rows: '[G20]', pattern: '*.docker.io:1111', text: 'prefix.docker.io:1111/path/foo/bar', match: 'yes' },
  { rows: '[G21]', pattern: 'https://*.docker.com', text: 'prefix.docker.io/foo/bar', match: 'no' },
  { rows: '[G23]', pattern: 'https://prefix.docker.c*', text: 'prefix.docker.io/foo/bar', match: 'no' },
  {
    rows: '[G24]',
    pattern: 'https://prefix.*.io/path:1111',
    text: 'prefix.docker.io/path/subpath:1111/foo/bar',
    match: 'no',
  },
  { rows: '[G25] [P20]', pattern: 'fake.registry.io/par', text: 'fake.registry.io/partial', match: 'sibling' },
  { rows: '[G26] [P20]', pattern: 'bar.example.com/pong', text: 'bar.example.com/pongz', match: 'sibling' },
  { rows: '[G27]', pattern: '*.registry.io', text: 'fake.registry.io/repo', match: 'yes' },
  { rows: '[G29]', pattern: 'reg.io/*', text: 'reg.io/x', match: 'no' },
];

describe('credentials key against an image', () => {
  for (const { rows, pattern, text, match } of hostRows) {
    it(`${rows} ${pattern} against ${text}: ${match}`, () => {
      const key = parseKey(pattern);
      expect(key && matchKey(key, target(text))).to.equal(match);
    });
  }

  it('[G30] matches nothing with a malformed pattern, and says so', () => {
    const keyring = keyringWith('a[.reg.io', 'b.reg.io');
    expect(keysFor(keyring, 'b.reg.io/x')).to.deep.equal(['b.reg.io']);
    expect(keyring.warnings.join()).to.include('a[.reg.io');
  });
});

const labels = [
  { pattern: '', text: '', matches: true },
  { pattern: '*', text: '', matches: true },
  { pattern: '*', text: 'anything', matches: true },
  { pattern: '**', text: 'anything', matches: true },
  { pattern: 'a*', text: 'abc', matches: true },
  { pattern: '*c', text: 'abc', matches: true },
  { pattern: 'a*c*e', text: 'abcde', matches: true },
  { pattern: 'a*c*f', text: 'abcde', matches: false },
  { pattern: '*ab', text: 'aaab', matches: true },
  { pattern: '*aab*', text: 'aaaab', matches: true },
  { pattern: 'a?c', text: 'abc', matches: true },
  { pattern: 'a?c', text: 'ac', matches: false },
  { pattern: '?', text: '', matches: false },
  { pattern: '[a-c]', text: 'b', matches: true },
  { pattern: '[a-c]', text: 'd', matches: false },
  { pattern: '[^a-c]', text: 'd', matches: true },
  { pattern: '[^a-c]', text: 'b', matches: false },
  { pattern: '[^a-c]', text: '', matches: false },
  { pattern: 'r[0-9x]*', text: 'r7-eu', matches: true },
  { pattern: '[\\-x]', text: '-', matches: true },
  { pattern: '\\*', text: '*', matches: true },
  { pattern: '\\*', text: 'x', matches: false },
  { pattern: 'abc', text: 'ab', matches: false },
  { pattern: 'ab', text: 'abc', matches: false },
];

describe('pattern of one label, as filepath.Match reads it', () => {
  for (const { pattern, text, matches } of labels) {
    it(`[G31] ${pattern || 'an empty one'} ${matches ? 'takes' : 'refuses'} ${text || 'an empty label'}`, () => {
      expect(Glob.parse(pattern)?.matches(text)).to.equal(matches);
    });
  }

  for (const pattern of ['[', '[a', '[]', '[]a]', '[-]', '[x-]', '[-x]', '[^]', '[a-', '\\', 'a\\', '[\\']) {
    it(`[G30] [G31] ${pattern} is malformed`, () => {
      expect(Glob.parse(pattern)).to.equal(undefined);
    });
  }
});
