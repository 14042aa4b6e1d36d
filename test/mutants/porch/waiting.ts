import type { Mutant } from '../../support/mutant-tree.ts';

const starting = 'test/pods/pool/starting.test.ts';
const settling = 'test/pods/pool/settling.test.ts';

/** 1: waiters and load counters. */
export const waiting: readonly Mutant[] = [
  {
    fault: 'forgets its waiters when a pod fails to start (1)',
    file: 'src/pods/pool/function-pods.ts',
    find: 'else waiter.fail(error);',
    replace: 'else continue;',
    test: starting,
    title: 'fails its waiters at once on a pull that is refused',
  },
  {
    fault: 'takes a call twice from the load, which becomes negative (1)',
    file: 'src/pods/pool/lease.ts',
    find: 'this.#isHeld = false;',
    replace: 'this.#isHeld = true;',
    test: settling,
    title: 'gives its slot back once',
  },
  {
    fault: 'keeps the load of a waiter that got its pod too late (1)',
    file: 'src/pods/pool/waiter.ts',
    find: 'lease.release();',
    replace: '',
    test: settling,
    title: 'that comes too late for its waiter is given back',
  },
  {
    fault: 'counts callers that have left while the pod started (1)',
    file: 'src/pods/pool/await-lease.ts',
    find: 'waiting.leave();',
    replace: '',
    test: starting,
    title: 'does not count callers that have left',
  },
  {
    fault: 'keeps the slot of a cancelled call, so that its pod is never idle (1)',
    file: 'src/pods/pool/dispatch.ts',
    find: 'lease.release();',
    replace: 'if (!signal.aborted) lease.release();',
    test: 'test/pods/pool/collecting.test.ts',
    title: 'of a cancelled call count as idle again',
  },
];
