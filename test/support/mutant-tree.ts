import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runTests, type TestResult } from './mocha-run.ts';
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
  async run(mutant: Mutant): Promise<readonly TestResult[]> {
    const path = join(this.#folder.path, mutant.file);
    const source = await readFile(path, 'utf8');
    const parts = source.split(mutant.find);
    if (parts.length !== 2) {
      throw new Error(`${mutant.file} holds ${String(parts.length - 1)} times, not once: ${mutant.find}`);
    }
    await writeFile(path, parts.join(mutant.replace));
    try {
      return await this.#test([mutant]);
    } finally {
      await writeFile(path, source);
    }
  }

  /** Runs the tests of all these mutants on the copy as it is, with one start. */
  async runWhole(mutants: readonly Mutant[]): Promise<readonly TestResult[]> {
    return this.#test(mutants);
  }

  async remove(): Promise<void> {
    await this.#folder.remove();
  }

  async #test(mutants: readonly Mutant[]): Promise<readonly TestResult[]> {
    const folder = this.#folder.path;
    const files = mutants.map(({ test }) => test);
    const titles = mutants.map(({ title }) => title);
    return runTests({ folder, files, titles, cacheFolder: join(folder, 'compiled') });
  }
}
