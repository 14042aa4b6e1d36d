import { expect } from 'chai';
import type { TestResult } from '../support/mocha-run.ts';
import { type Mutant, MutantTree } from '../support/mutant-tree.ts';

/** A copy that does not run at all is no mutant, and the time limit of a test says little about it. */
const notByTest = /^(?:SyntaxError|ReferenceError|TypeError|Error \[ERR_|Error: Timeout of)/;

/** Shows that each fault is seen: its test passes on the source as it is, and fails on a copy that has the fault. */
export function describeMutants(title: string, mutants: readonly Mutant[]): void {
  describe(title, function () {
    this.timeout(120_000);
    let tree: MutantTree;
    let whole: readonly TestResult[];

    before(async () => {
      tree = await MutantTree.create();
      whole = await tree.runWhole(mutants);
    });

    after(async () => tree.remove());

    for (const mutant of mutants) {
      it(`notices a runner that ${mutant.fault}`, async () => {
        const sound = resultsOf(whole, mutant);
        expect(sound, `no test of ${mutant.test} is called ${mutant.title}`).to.have.length.above(0);
        expect(failuresIn(sound), 'it fails without the fault').to.deep.equal([]);
        const failures = failuresIn(resultsOf(await tree.run(mutant), mutant));
        expect(failures, `no test of ${mutant.test} notices it`).to.have.length.above(0);
        expect(
          failures.some((failure) => !notByTest.test(failure)),
          failures.join('\n'),
        ).to.equal(true);
      });
    }
  });
}

/** Those of the tests that may see the fault. Hooks are no tests, though named after one. */
function resultsOf(results: readonly TestResult[], { test, title }: Mutant): readonly TestResult[] {
  return results.filter(
    (result) => result.file === test && result.title.includes(title) && !/" hook (?:for|in) /.test(result.title),
  );
}

function failuresIn(results: readonly TestResult[]): readonly string[] {
  return results.map(({ failure }) => failure).filter((failure) => failure !== '');
}
