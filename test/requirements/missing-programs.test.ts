import { expect } from 'chai';
import { access, chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { runProgram } from '../support/program.ts';
import type { ProgramResult } from '../support/program.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

const shown = ['sh', 'id', 'timeout', 'true', 'unshare', 'docker-registry', 'htpasswd', 'go'];

describe('a machine without bubblewrap and skopeo', function () {
  this.timeout(30_000);
  let folder: TempFolder;
  let path = '';

  before(async () => {
    folder = await tempFolder('hidden-programs');
    path = join(folder.path, 'bin');
    await mkdir(path);
    await symlink(process.execPath, join(path, 'node'));
    for (const name of shown) {
      const found = await locate(name);
      if (found !== undefined) await symlink(found, join(path, name));
    }
    await script('apt-get', 'echo "apt-get $*" >>"$APT_CALLS"; exit 100');
    await writeFile(join(folder.path, 'a.test.ts'), "describe('a', () => { it('runs', () => undefined); });\n");
  });

  after(async () => folder.remove());

  it('fails with CI=true and names both, and how to get them, before any test', async () => {
    const result = await runTests({ CI: 'true' });
    expect(result.exitCode).to.equal(1);
    const said = `${result.stdout}${result.stderr}`;
    expect(said).to.include('bubblewrap: bwrap is not installed; to fix it: apt-get install bubblewrap');
    expect(said).to.include('skopeo: skopeo is not installed; to fix it: apt-get install skopeo');
    expect(said).not.to.include('passed');
  });

  it('runs without CI', async () => {
    const result = await runTests({});
    expect(result.stdout).to.include('1 passing');
    expect(result.exitCode).to.equal(0);
  });

  it('leaves apt alone without CI', async () => {
    const calls = join(folder.path, 'apt-calls');
    const result = await install({ APT_CALLS: calls });
    expect(result.exitCode).to.equal(0);
    expect(await exists(calls)).to.equal(false);
  });

  it('does not fail in the installation when apt does', async () => {
    const result = await install({ CI: 'true', APT_CALLS: join(folder.path, 'apt-calls-ci') });
    expect(result.exitCode).to.equal(0);
  });

  async function runTests(env: Readonly<Record<string, string>>): Promise<ProgramResult> {
    const flags = [
      '--no-config',
      '--extension',
      'ts',
      '--require',
      resolve('test/support/global-setup.ts'),
      '--reporter',
      'spec',
    ];
    const mocha = resolve('node_modules/mocha/bin/mocha.js');
    return runProgram(process.execPath, [mocha, ...flags, join(folder.path, 'a.test.ts')], {
      env: { PATH: path, ...env },
    });
  }

  async function install(env: Readonly<Record<string, string>>): Promise<ProgramResult> {
    return runProgram('sh', ['scripts/install-test-programs.sh'], { env: { PATH: path, ...env } });
  }

  async function script(name: string, body: string): Promise<void> {
    await writeFile(join(path, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(path, name), 0o755);
  }
});

async function locate(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (await exists(join(folder, name))) return join(folder, name);
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
