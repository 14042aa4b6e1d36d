import { expect } from 'chai';

import { unshareCommand } from '../../src/local/sandbox/unshare-command.ts';

const tools = { setpriv: '/usr/bin/setpriv', unshare: '/usr/bin/unshare' } as const;
const command = {
  root: '/store/root',
  argv: ['/function', '--flag'],
  env: { PATH: '/bin', NAME: 'a b', '-S': 'x' },
  workingDir: '/work',
  uid: 1000,
  gid: 2000,
  tmpBytes: 4096,
} as const;

const loaderVariables = [
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'LD_AUDIT',
  'GLIBC_TUNABLES',
  'GCONV_PATH',
  'LOCPATH',
  'MALLOC_TRACE',
];

describe('unshareCommand', () => {
  it('gives up privileges, lays out the root in one user namespace and runs the function in another', () => {
    const words = unshareCommand(command, tools);
    const script = words[words.indexOf('-c') + 1];
    expect(words.filter((word) => word !== script).join(' ')).to.equal(
      '/usr/bin/setpriv --pdeathsig KILL --no-new-privs' +
        ' /usr/bin/unshare --user --map-root-user --mount --propagation private' +
        ' --pid --fork --kill-child=KILL --net --ipc --uts --cgroup' +
        ' /bin/sh -c sandbox /store/root 4096 /work PATH=/bin NAME=a b -S=x' +
        ' /usr/bin/unshare --user --map-user=1000 --map-group=2000 --root=/store/root --wd=/work -- /function --flag',
    );
    expect(script).to.include('remount,bind,ro');
  });

  for (const name of loaderVariables) {
    it(`keeps ${name} from the programs of this machine that start the function`, () => {
      const words = unshareCommand({ ...command, env: { [name]: '/evil' } }, tools);
      expect(words.join(' ')).not.to.include('/evil');
    });
  }
});
