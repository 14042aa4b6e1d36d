import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { jsonAt, jsonList } from './json-at.ts';
import { runProgram } from './program.ts';
import { tempFolder, type TempFolder } from './temp-folder.ts';

/** A fault put into a copy of the source, and the test that has to see it. */
export interface Mutant {
  /** What the copy does wrong, as the end of "notices a runner that …". */
  readonly fault: string;
  /** Under the project's root. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Test file under the project's root. */
  readonly test: string;
  /** A part of the title of the test that has to fail. */
  readonly title: string;
}

export interface TestRun {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** What it printed, for messages. */
  readonly text: string;
}

const copied = ['src', 'test', 'examples', 'proto', 'package.json'];
const linked = ['node_modules', 'wrapper', 'manifests'];

/** A copy of the project whose source may be changed and whose tests may be run. */
export class MutantTree {
  readonly #folder: TempFolder;

  private constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  static async create(): Promise<MutantTree> {
    const folder = await tempFolder('mutants');
    for (const name of copied) await cp(name, join(folder.path, name), { recursive: true });
    for (const name of linked) await symlink(resolve(name), join(folder.path, name));
    return new MutantTree(folder);
  }

  /** Runs the mutant's test with its fault in place; the copy is whole again afterwards. */
  async run(mutant: Mutant): Promise<TestRun> {
    const path = join(this.#folder.path, mutant.file);
    const source = await readFile(path, 'utf8');
    const parts = source.split(mutant.find);
    if (parts.length !== 2) {
      throw new Error(`${mutant.file} holds ${String(parts.length - 1)} times, not once: ${mutant.find}`);
    }
    await writeFile(path, parts.join(mutant.replace));
    try {
      return await this.test(mutant);
    } finally {
      await writeFile(path, source);
    }
  }

  /** Runs the test on the copy as it is. */
  async test({ test, title }: Pick<Mutant, 'test' | 'title'>): Promise<TestRun> {
    const args = ['--no-config', '--extension', 'ts', '--timeout', '20000', '--reporter', 'json', '--exit'];
    const { stdout, stderr } = await runProgram(
      process.execPath,
      [
        'node_modules/mocha/bin/mocha.js',
        ...args,
        '--require',
        'test/support/coverage-folder.ts',
        '--fgrep',
        title,
        test,
      ],
      { cwd: this.#folder.path, timeoutMs: 90_000 },
    );
    return readReport(stdout, stderr);
  }

  async remove(): Promise<void> {
    await this.#folder.remove();
  }
}

function readReport(stdout: string, stderr: string): TestRun {
  const text = `${stdout}\n${stderr}`;
  const start = stdout.search(/^\{$/m);
  if (start < 0) throw new Error(`the test run gave no report:\n${text}`);
  const report: unknown = JSON.parse(stdout.slice(start));
  const titles = (key: string): readonly string[] =>
    jsonList(report, key).map((entry) => String(jsonAt(entry, 'fullTitle')));
  return { passed: titles('passes'), failed: titles('failures'), text };
}
