import { expect } from 'chai';

import { keyringOf, keyringWith, keysFor } from './keyring-with.ts';

interface KeyRow {
  readonly rows: string;
  readonly key: string;
  readonly yes?: readonly string[];
  readonly no?: readonly string[];
}

/** For which images a key is used. */
const keyRows: readonly KeyRow[] = [
  { rows: '[K1] [X6]', key: 'reg.io', yes: ['reg.io/x', 'reg.io/a/b/c'], no: ['a.reg.io/x', 'reg.io:5000/x'] },
  { rows: '[K2] [K3] [X10]', key: 'https://reg.io', yes: ['reg.io/x'] },
  { rows: '[K2] [K3] [X10]', key: 'http://reg.io', yes: ['reg.io/x'] },
  { rows: '[K4]', key: 'https://reg.io/', yes: ['reg.io/x'] },
  { rows: '[K5]', key: 'https://reg.io/v1/', yes: ['reg.io/foo'] },
  { rows: '[K5]', key: 'https://reg.io/v2/', yes: ['reg.io/foo'] },
  { rows: '[K6]', key: 'https://reg.io/v1', yes: ['reg.io/v1/foo'], no: ['reg.io/foo'] },
  { rows: '[K7]', key: 'reg.io/v1/team', yes: ['reg.io/team/x'], no: ['reg.io/v1/team/x', 'reg.io/x'] },
  { rows: '[K8] [K18] [K19]', key: 'reg.io/team', yes: ['reg.io/team', 'reg.io/team/x'], no: ['reg.io/other/x'] },
  { rows: '[K9]', key: 'reg.io:5000', yes: ['reg.io:5000/x'], no: ['reg.io/x', 'reg.io:5001/x'] },
  { rows: '[K10]', key: 'reg.io:443', yes: ['reg.io:443/x'], no: ['reg.io/x'] },
  { rows: '[K11]', key: '*.reg.io', yes: ['a.reg.io/x'], no: ['reg.io/x', 'a.b.reg.io/x'] },
  { rows: '[K11]', key: 'prefix.*.io', yes: ['prefix.reg.io/x'], no: ['other.reg.io/x'] },
  { rows: '[K11]', key: 'prefix.docker.*', yes: ['prefix.docker.com/x'], no: ['prefix.docker.co.uk/x'] },
  { rows: '[K11]', key: '*-good.x.io', yes: ['is-good.x.io/x'], no: ['isgood.x.io/x'] },
  { rows: '[K13]', key: 'REG.IO', yes: ['reg.io/x', 'Reg.io/x'] },
  { rows: '[K14]', key: 'https://user:hunter2@reg.io', no: ['user/x'] },
  { rows: '[K15] [HB1]', key: 'https://index.docker.io/v1/', yes: ['ubuntu'], no: ['reg.io/ubuntu'] },
  { rows: '[K16] [HB10]', key: 'https://index.docker.io/v1', yes: ['ubuntu'] },
  { rows: '[K17]', key: 'https://index.docker.io/v1/access-token', no: ['ubuntu', 'bitnami/redis'] },
  { rows: '[K17]', key: 'https://index.docker.io/v1/refresh-token', no: ['ubuntu', 'bitnami/redis'] },
  { rows: '[K20]', key: 'https://example.com/v2/', yes: ['example.com/x'] },
  { rows: '[K20]', key: '[::1]:6555', yes: ['[::1]:6555/x', '[0:0:0:0:0:0:0:1]:6555/x'], no: ['[::1]/x'] },
  { rows: '[K21]', key: 'reg.io/a:b', no: ['reg.io/a', 'reg.io/a/b'] },
];

/** Keys that no image can match, each with one warning. */
const unusable = [
  { rows: '[K12]', key: 'reg.io:abc' },
  { rows: '[K12]', key: 'reg.io\u0007' },
  { rows: '[K12] [K20]', key: '::1' },
  { rows: '[K12] [K20]', key: 'https://::1:6555/v2/' },
  { rows: '[K12] [K20]', key: 'ftp://example.com' },
  { rows: '[K12] [K20]', key: 'unix:///x' },
  { rows: '[K12] [G29]', key: 'reg.io:*' },
  { rows: '[K12]', key: '' },
  { rows: '[K12] [G30]', key: '[' },
  { rows: '[G30]', key: 'a[.reg.io' },
  { rows: '[K12]', key: 'https:///path' },
];

describe('credentials key', () => {
  for (const { rows, key, yes = [], no = [] } of keyRows) {
    it(`${rows} ${key} is used for ${yes.join(', ') || 'none'} and not for ${no.join(', ') || 'others'}`, () => {
      const keyring = keyringWith(key);
      for (const image of yes) expect(keysFor(keyring, image), image).to.deep.equal([key]);
      for (const image of no) expect(keysFor(keyring, image), image).to.deep.equal(['anonymous']);
    });
  }

  for (const { rows, key } of unusable) {
    it(`${rows} ${JSON.stringify(key)} is skipped with a warning`, () => {
      const keyring = keyringOf({
        [key]: { username: 'u', password: 'p' },
        'good.io': { username: 'u', password: 'p' },
      });
      expect(keyring.keys).to.deep.equal(['good.io']);
      expect(keyring.warnings).to.have.length(1);
    });
  }

  it('[K13] warns that the kubelet will not match an upper-case host', () => {
    expect(keyringWith('https://REG.io/team').warnings.join()).to.match(/kubelet will not match/);
    expect(keyringWith('https://reg.io/Team').warnings).to.deep.equal([]);
  });

  it('[K14] uses a key without its user information, and never shows that', () => {
    for (const key of ['https://user:hunter2@reg.io', 'https://user:hun/ter@2@reg.io', 'hunter2@reg.io/team?hunter2']) {
      const keyring = keyringWith(key);
      expect(JSON.stringify([keyring.keys, keyring.warnings])).to.not.match(/hunter2|ter@2/);
    }
    expect(keysFor(keyringWith('https://user:hunter2@reg.io'), 'reg.io/x')).to.deep.equal(['…@reg.io']);
  });

  it('[K22] [P13] keeps two keys of one host in the order of the file', () => {
    expect(keysFor(keyringWith('http://reg.io', 'https://reg.io'), 'reg.io/x')).to.deep.equal([
      'http://reg.io',
      'https://reg.io',
    ]);
    expect(keysFor(keyringWith('https://reg.io', 'http://reg.io'), 'reg.io/x')).to.deep.equal([
      'https://reg.io',
      'http://reg.io',
    ]);
  });
});
