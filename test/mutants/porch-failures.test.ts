import type { Mutant } from '../support/mutant-tree.ts';
import { describeMutants } from './describe-mutants.ts';

/** The ways in which Porch's function runner fails its users, numbered as in its list. */
const mutants: readonly Mutant[] = [
  {
    fault: 'drops CMD when there is an ENTRYPOINT (5)',
    file: 'src/image/command.ts',
    find: '[...config.entrypoint, ...config.cmd]',
    replace: 'config.entrypoint.length > 0 ? config.entrypoint : config.cmd',
    test: 'test/image/config.test.ts',
    title: '[CB13]',
  },
];

describeMutants('What Porch’s runner does wrong', mutants);
