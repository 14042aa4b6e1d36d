import { expect } from 'chai';
import { type Mutant, MutantTree } from '../support/mutant-tree.ts';

/** Shows that each fault is seen: its test passes on the source as it is, and fails on a copy that has the fault. */
export function describeMutants(title: string, mutants: readonly Mutant[]): void {
  describe(title, function () {
    this.timeout(120_000);
    let tree: MutantTree;

    before(async () => {
      tree = await MutantTree.create();
    });

    after(async () => tree.remove());

    for (const mutant of mutants) {
      it(`notices a runner that ${mutant.fault}`, async () => {
        const whole = await tree.test(mutant);
        expect(whole.failed, whole.text).to.deep.equal([]);
        expect(whole.passed, `no test is called ${mutant.title}`).to.have.length.above(0);
        const faulty = await tree.run(mutant);
        expect(
          faulty.failed.some((failed) => failed.includes(mutant.title)),
          faulty.text,
        ).to.equal(true);
      });
    }
  });
}
