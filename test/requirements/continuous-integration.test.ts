import { expect } from 'chai';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runProgram } from '../support/program.ts';
import type { ProgramResult } from '../support/program.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

/** What npm does for each command of the script: its exit code, and the counts it leaves. */
interface Outcomes {
  readonly ci?: string;
  readonly test?: string;
  readonly check?: string;
  readonly cluster?: string;
}

const cases: readonly (readonly [what: string, Outcomes, lastLine: string, exitCode: number])[] = [
  ['adds both runs up', {}, '15 passed, 0 failed, 3 skipped', 0],
  ['counts what failed without a cluster', { test: 'counts test 9 1 0; exit 1' }, '14 passed, 1 failed, 3 skipped', 1],
  [
    'counts what failed with one',
    { cluster: 'counts cluster-test 4 2 0; exit 2' },
    '14 passed, 2 failed, 0 skipped',
    1,
  ],
  ['counts each check that failed', { check: 'exit 3' }, '15 passed, 3 failed, 3 skipped', 1],
  ['counts an installation that failed', { ci: 'exit 1' }, '5 passed, 1 failed, 3 skipped', 1],
  ['counts a cluster that could not be built', { cluster: 'exit 1' }, '10 passed, 1 failed, 0 skipped', 1],
  [
    'counts a run that died after its tests',
    { test: 'counts test 10 0 0; exit 7' },
    '15 passed, 1 failed, 3 skipped',
    1,
  ],
];

describe('.ci/run', () => {
  let folder: TempFolder;

  beforeEach(async () => {
    folder = await tempFolder('ci');
    await mkdir(join(folder.path, '.ci'));
    await copyFile('.ci/run', join(folder.path, '.ci', 'run'));
  });

  afterEach(async () => folder.remove());

  for (const [what, outcomes, lastLine, exitCode] of cases) {
    it(what, async () => {
      const result = await run(outcomes);
      expect(result.stdout.trimEnd().split('\n').at(-1)).to.equal(lastLine);
      expect(result.exitCode).to.equal(exitCode);
    });
  }

  it('says how many tests ran with an API server', async () => {
    expect((await run({})).stdout).to.include('\ntests with an API server: 5 passed, 0 failed, 3 skipped\n');
  });

  async function run(outcomes: Outcomes): Promise<ProgramResult> {
    const npm = join(folder.path, 'npm');
    const script = `#!/bin/sh
counts() {
  mkdir -p coverage
  echo "{\\"passed\\":$2,\\"failed\\":$3,\\"skipped\\":$4}" >"coverage/$1-counts.json"
}
case "$*" in
ci) ${outcomes.ci ?? ':'} ;;
test) ${outcomes.test ?? 'counts test 10 0 0'} ;;
*check) ${outcomes.check ?? ':'} ;;
*test:cluster) ${outcomes.cluster ?? 'counts cluster-test 5 0 3'} ;;
*) exit 99 ;;
esac
`;
    await writeFile(npm, script);
    await chmod(npm, 0o755);
    const path = `${folder.path}${delimiter}${process.env['PATH'] ?? ''}`;
    return runProgram('bash', [join(folder.path, '.ci', 'run')], { env: { PATH: path } });
  }
});
