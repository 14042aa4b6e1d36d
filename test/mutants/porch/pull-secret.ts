import type { Mutant } from '../../support/mutant-tree.ts';

const decision = 'src/kubernetes/pull-secret/replica-decision.ts';
const replica = 'src/kubernetes/pull-secret/secret-replica.ts';
const races = 'test/kubernetes/pull-secret/pull-secret-races.test.ts';
const isOvertaken = 'return thrown.status === 409 || (thrown.status === 404 && known !== undefined);';

/** 7: the replicated pull secret. */
export const pullSecret: readonly Mutant[] = [
  {
    fault: 'never brings a rotated secret to the replica (7)',
    file: decision,
    find: `return { kind: recorded?.hash === source.hash ? 'repair' : 'write' };`,
    replace: `return { kind: 'leave', equal: false };`,
    test: 'test/kubernetes/pull-secret/pull-secret.test.ts',
    title: 'follows its source within five seconds',
  },
  {
    fault: 'overwrites a secret that is not its own (7)',
    file: decision,
    find: 'if (!replica.isPorch && !adopt && replica.dataHash !== source.fileHash)',
    replace: 'if (!replica.isPorch && !adopt && replica.dataHash === source.fileHash)',
    test: 'test/kubernetes/pull-secret/foreign-secret.test.ts',
    title: 'stays as it is, with an error that names --adopt-pull-secret',
  },
  {
    fault: 'fails when another replica created the secret first (7)',
    file: replica,
    find: isOvertaken,
    replace: 'return false && known !== undefined;',
    test: races,
    title: 'looked at again when another runner created it first',
  },
  {
    fault: 'fails when somebody writes the secret at the same time (7)',
    file: replica,
    find: isOvertaken,
    replace: `return thrown.reason === 'AlreadyExists' && known === undefined;`,
    test: races,
    title: 'is looked at again when somebody',
  },
];
