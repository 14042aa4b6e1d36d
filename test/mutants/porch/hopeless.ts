import type { Mutant } from '../../support/mutant-tree.ts';

const failure = 'src/pods/verdict/start-failure.ts';
const test = 'test/pods/pool/starting.test.ts';
const atOnce = 'fails its waiters at once on';
const pending = 'that may still come up waits for --pod-ready-timeout and then gives the last message';

/** 9: pods that can never start, and what the caller is told. */
export const hopeless: readonly Mutant[] = [
  {
    fault: 'waits for a pod with a bad image name (9)',
    file: failure,
    find: `return { code: 'POD_START', reason, message, hint: 'Correct the image name.' };`,
    replace: 'return undefined;',
    test,
    title: `${atOnce} InvalidImageName`,
  },
  {
    fault: 'waits for an image that is not there (9)',
    file: failure,
    find: `return { code: 'POD_PULL_NOT_FOUND', reason, message, hint: hints['not-found'] };`,
    replace: 'return undefined;',
    test,
    title: `${atOnce} an image that is not there`,
  },
  {
    fault: 'waits for a pull that is denied (9)',
    file: failure,
    find: `return { code: 'POD_PULL_DENIED', reason, message, hint: hints.denied };`,
    replace: 'return undefined;',
    test,
    title: `${atOnce} a pull that is refused`,
  },
  {
    fault: 'waits for a pod that crashes again and again (9)',
    file: failure,
    find: 'return crashLoop(message, lastState);',
    replace: 'return undefined;',
    test,
    title: `${atOnce} CrashLoopBackOff`,
  },
  {
    fault: 'does not say that a pod fits no node (9)',
    file: 'src/pods/pod-verdict.ts',
    find: 'if (unscheduled !== undefined) {',
    replace: 'if (false) {',
    test,
    title: pending,
  },
  {
    fault: 'says only that the time is over (9)',
    file: 'src/pods/pool/pool-errors.ts',
    find: ' is not ready after ${waited}: ${lastMessage}`, {',
    replace: ': timeout`, {',
    test,
    title: pending,
  },
];
