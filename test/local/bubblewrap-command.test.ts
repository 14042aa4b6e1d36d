import { expect } from 'chai';

import { bubblewrapArguments } from '../../src/local/sandbox/bubblewrap-command.ts';

const command = {
  root: '/store/root',
  argv: ['/function', '--flag', 'a b'],
  env: { PATH: '/bin', LD_PRELOAD: '/evil.so' },
  workingDir: '/work',
  uid: 1000,
  gid: 2000,
  tmpBytes: 4096,
} as const;
const features = { disableUserNamespaces: true, devices: undefined } as const;

describe('bubblewrapArguments', () => {
  it('cuts the function off from this machine', () => {
    expect(bubblewrapArguments(command, features).join(' ')).to.equal(
      '--unshare-all --unshare-user --disable-userns --uid 1000 --gid 2000 --hostname function' +
        ' --die-with-parent --new-session --cap-drop ALL' +
        ' --ro-bind /store/root / --proc /proc --remount-ro /proc --dev /dev --size 4096 --tmpfs /dev/shm --remount-ro /dev' +
        ' --perms 1777 --size 4096 --tmpfs /tmp --chdir /work' +
        ' --setenv PATH /bin --setenv LD_PRELOAD /evil.so --json-status-fd 3 -- /function --flag a b',
    );
  });

  it('takes device nodes of its own where those of the machine would belong to the function', () => {
    const text = bubblewrapArguments(command, { ...features, devices: '/store/devices' }).join(' ');
    expect(text).to.include(' --dev-bind /store/devices /dev --size 4096 --tmpfs /dev/shm --perms');
    expect(text).not.to.include('--dev /dev');
  });

  it('does without what bubblewrap before 0.8 does not know', () => {
    expect(bubblewrapArguments(command, { ...features, disableUserNamespaces: false })).not.to.include(
      '--disable-userns',
    );
  });

  it('makes a working directory that the tmpfs hides', () => {
    expect(bubblewrapArguments({ ...command, workingDir: '/tmp/work' }, features).join(' ')).to.include(
      ' --dir /tmp/work --chdir /tmp/work ',
    );
  });

  it('never takes a word of the function for an option', () => {
    const words = bubblewrapArguments({ ...command, argv: ['--bind', '/', '/'] }, features);
    expect(words.slice(-4)).to.deep.equal(['--', '--bind', '/', '/']);
  });
});
