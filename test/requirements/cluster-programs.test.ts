import { expect } from 'chai';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { runProgram } from '../support/program.ts';
import type { ProgramResult } from '../support/program.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

const script = resolve('test/support/cluster/programs/build.sh');

describe('the build of the test cluster', function () {
  this.timeout(30_000);
  let folder: TempFolder;

  beforeEach(async () => {
    folder = await tempFolder('cluster-build');
    await mkdir(join(folder.path, 'bin'));
  });

  afterEach(async () => folder.remove());

  it('happens once, also when two ask at the same time', async () => {
    await fakeGo('echo called >>"$CALLS"; sleep 0.3; while [ "$1" != -o ]; do shift; done; cp "$0" "$2"');
    const [first, second] = await Promise.all([build(), build()]);
    const third = await build();
    expect(first.exitCode, first.stderr).to.equal(0);
    expect([second.stdout, third.stdout]).to.deep.equal([first.stdout, first.stdout]);
    expect(await readFile(join(folder.path, 'calls'), 'utf8')).to.equal('called\n');
    expect(await readdir(first.stdout.trim())).to.have.members(['etcd', 'kube-apiserver', 'kubectl']);
  });

  it('says what to do when it fails, and is tried again the next time', async () => {
    await fakeGo('echo "no space left" >&2; exit 1');
    const failed = await build();
    expect(failed.exitCode).to.equal(1);
    expect(failed.stdout).to.equal('');
    expect(failed.stderr).to.include('no space left').and.to.include('KUBEBUILDER_ASSETS=FOLDER');
    await fakeGo('while [ "$1" != -o ]; do shift; done; cp "$0" "$2"');
    expect((await build()).exitCode).to.equal(0);
  });

  async function build(): Promise<ProgramResult> {
    const path = `${join(folder.path, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`;
    const env = { PATH: path, XDG_CACHE_HOME: join(folder.path, 'cache'), CALLS: join(folder.path, 'calls') };
    return runProgram('sh', [script], { env });
  }

  async function fakeGo(body: string): Promise<void> {
    const file = join(folder.path, 'bin', 'go');
    await writeFile(file, `#!/bin/sh\n${body}\n`);
    await chmod(file, 0o755);
  }
});

describe('a KUBEBUILDER_ASSETS folder', function () {
  this.timeout(30_000);
  let folder: TempFolder;

  before(async () => {
    folder = await tempFolder('assets');
    await writeFile(join(folder.path, 'kube-apiserver'), '', { mode: 0o755 });
    await writeFile(join(folder.path, 'etcd'), '', { mode: 0o644 });
    const requiring = `import { requires } from '${resolve('test/support/requires.ts')}';\n`;
    const test = "describe('a', () => { requires('cluster'); it('runs', () => undefined); });\n";
    await writeFile(join(folder.path, 'a.test.ts'), requiring + test);
  });

  after(async () => folder.remove());

  it('that lacks a program fails with CI=true and is named', async () => {
    const result = await runTests({ CI: 'true' });
    expect(result.exitCode).to.not.equal(0);
    expect(`${result.stdout}${result.stderr}`).to.include('KUBEBUILDER_ASSETS has no etcd and no kubectl');
  });

  it('that lacks a program skips those tests elsewhere', async () => {
    const result = await runTests({});
    expect(result.exitCode).to.equal(0);
    expect(result.stdout).to.include('1 pending');
  });

  async function runTests(env: Readonly<Record<string, string>>): Promise<ProgramResult> {
    const mocha = resolve('node_modules/mocha/bin/mocha.js');
    const flags = ['--no-config', '--extension', 'ts', '--reporter', 'spec', join(folder.path, 'a.test.ts')];
    return runProgram(process.execPath, [mocha, ...flags], { env: { KUBEBUILDER_ASSETS: folder.path, ...env } });
  }
});
