import { expect } from 'chai';

import { RunnerError } from '../../src/core/errors.ts';
import { resolveUser } from '../../src/local/sandbox/user.ts';

const passwd = [
  'root:x:0:0:root:/root:/bin/sh',
  'app:x:1000:2000:App:/home/app:/bin/sh',
  'huge:x:4294967296:1:::',
  'broken',
  'odd:x:1:2::relative:',
].join('\n');
const group = ['root:x:0:', 'staff:x:50:app', 'broken'].join('\n');

const resolved = [
  { user: '', as: '65532:65532', why: 'nobody when the image does not say' },
  { user: '0', as: '65532:65532', why: 'nobody instead of root' },
  { user: 'root:root', as: '65532:65532', why: 'nobody instead of root by name' },
  { user: 'root:staff', as: '65532:50', why: 'the group of one who must not be root' },
  { user: '1000:0', as: '1000:65532', why: 'no group of root either' },
  { user: 'app', as: '1000:2000', why: 'name with its own group' },
  { user: '1000', as: '1000:2000', why: 'number that the file knows' },
  { user: '1234', as: '1234:65532', why: 'number that the file does not know' },
  { user: '1234:5678', as: '1234:5678', why: 'two numbers' },
  { user: 'app:staff', as: '1000:50', why: 'two names' },
  { user: '1234:staff', as: '1234:50', why: 'number and name' },
  { user: 'app:5678', as: '1000:5678', why: 'name and number' },
  { user: 'app:', as: '1000:2000', why: 'empty group' },
  { user: ':staff', as: '65532:50', why: 'group alone' },
  { user: '2147483647:2147483647', as: '2147483647:2147483647', why: 'the largest numbers' },
] as const;

const refused = [
  { user: '2147483648', why: 'a number above 2^31-1' },
  { user: '4294967296', why: 'a number that wraps around to root' },
  { user: '99999999999999999999', why: 'a number that is no number any more' },
  { user: '1:4294967296', why: 'a group above 2^31-1' },
  { user: 'huge', why: 'a name whose entry wraps around to root' },
] as const;

const unknown = ['nobody', '-1', '+5', '1e3', '0x0', ' 0', 'broken', 'app:wheel', 'app:broken'] as const;

function codeOf(user: string): string {
  try {
    resolveUser(user, passwd, group);
    return 'ok';
  } catch (error) {
    return error instanceof RunnerError ? error.code : String(error);
  }
}

describe('resolveUser', () => {
  for (const { user, as, why } of resolved) {
    it(`[CB24] takes ${JSON.stringify(user)} for ${as}: ${why}`, () => {
      const { uid, gid } = resolveUser(user, passwd, group);
      expect(`${String(uid)}:${String(gid)}`).to.equal(as);
    });
  }

  for (const { user, why } of refused) {
    it(`[S23] refuses ${why}: ${user}`, () => {
      expect(codeOf(user)).to.equal('MAN_CONFIG');
    });
  }

  for (const user of unknown) {
    it(`refuses ${JSON.stringify(user)}, which the image's files do not have`, () => {
      expect(codeOf(user)).to.equal('MAN_CONFIG');
    });
  }

  it('knows the home of an account, if it is an absolute path', () => {
    expect(resolveUser('app', passwd, group).home).to.equal('/home/app');
    expect(resolveUser('odd', passwd, group).home).to.equal(undefined);
    expect(resolveUser('4321', passwd, group).home).to.equal(undefined);
  });

  it('runs anybody as nobody when the image has no files of accounts', () => {
    expect(resolveUser('', '', '')).to.deep.equal({ uid: 65532, gid: 65532, home: undefined });
    expect(codeOf('x')).to.equal('MAN_CONFIG');
  });
});
