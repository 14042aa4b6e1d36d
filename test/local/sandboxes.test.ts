import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { silentLog } from '../../src/core/log.ts';
import { findProgram } from '../../src/local/sandbox/find-program.ts';
import { Sandboxes } from '../../src/local/sandbox/sandboxes.ts';
import { requires } from '../support/requires.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { failureOf } from './failure-of.ts';
import { systemPath } from './tool-files.ts';

const utilLinux = ['unshare', 'setpriv', 'sh', 'mount', 'mkdir', 'env'] as const;

let folder: TempFolder;

/** Sandboxes on a machine that has these programs and no others. */
async function machineWith(...programs: readonly string[]): Promise<Sandboxes> {
  const path = join(folder.path, 'bin');
  await mkdir(path, { recursive: true });
  for (const program of programs) {
    await symlink((await findProgram(program, systemPath)) ?? '/missing', join(path, program));
  }
  return new Sandboxes({ path, directory: join(folder.path, 'store'), log: silentLog });
}

/** A program that fails with these words. */
async function failing(name: string, words: string): Promise<void> {
  const file = join(folder.path, 'bin', name);
  await writeFile(file, `#!/bin/sh\necho "${words}" >&2\nexit 1\n`);
  await chmod(file, 0o755);
}

describe('the choice of a sandbox', () => {
  beforeEach(async () => {
    folder = await tempFolder('sandboxes-test');
  });

  afterEach(async () => {
    await folder.remove();
  });

  describe('a machine with bubblewrap', () => {
    requires('bubblewrap', 'user-namespaces');

    it('uses it', async () => {
      expect((await (await machineWith('bwrap', ...utilLinux)).current()).kind).to.equal('bubblewrap');
    });

    it('tries it only once, and leaves nothing of the trial', async () => {
      const sandboxes = await machineWith('bwrap');
      expect(await sandboxes.current()).to.equal(await sandboxes.current());
      const left = await readdir(join(folder.path, 'store'));
      expect(left.filter((name) => name !== 'devices')).to.deep.equal([]);
    });
  });

  describe('a machine without bubblewrap', () => {
    requires('user-namespaces');

    it('uses the tools of util-linux', async () => {
      expect((await (await machineWith(...utilLinux)).current()).kind).to.equal('unshare');
    });

    it('uses them also when bubblewrap is there and does not work', async () => {
      const sandboxes = await machineWith(...utilLinux);
      await failing('bwrap', 'bwrap: setting up uid map: Permission denied');
      expect((await sandboxes.current()).kind).to.equal('unshare');
    });
  });

  describe('a machine where no sandbox works', () => {
    it('is told what to install', async () => {
      const error = await failureOf((await machineWith('sh')).current());
      expect(error.code).to.equal('SANDBOX_UNAVAILABLE');
      expect(error.message).to.include('bubblewrap: not installed').and.to.include('util-linux are not installed');
      expect(error.details.hint).to.include('Install bubblewrap');
    });

    it('is told what each of them said', async () => {
      const sandboxes = await machineWith('sh');
      await failing('bwrap', 'bwrap: No permissions to create new namespace');
      await failing('unshare', 'unused');
      await failing('setpriv', 'unshare: unshare failed: Operation not permitted');
      const error = await failureOf(sandboxes.current());
      expect(error.message).to.include('No permissions to create new namespace');
      expect(error.message).to.include('unshare failed: Operation not permitted');
      expect(error.details.hint).to.include('user namespaces');
    });

    it('is not taken in by a program that only pretends', async () => {
      const sandboxes = await machineWith('sh');
      await writeFile(join(folder.path, 'bin/bwrap'), '#!/bin/sh\nexit 0\n');
      await chmod(join(folder.path, 'bin/bwrap'), 0o755);
      expect((await failureOf(sandboxes.current())).message).to.include('a program that is not there');
    });

    it('is looked at again by the next call', async () => {
      const sandboxes = await machineWith('sh');
      await failureOf(sandboxes.current());
      await failing('bwrap', 'bwrap: execvp /function-runner-probe: No such file or directory');
      expect((await sandboxes.current()).kind).to.equal('bubblewrap');
    });
  });
});
