import type { Mutant } from '../../support/mutant-tree.ts';

/** 10: start-up, order of the evaluators, shutdown, connections. */
export const service: readonly Mutant[] = [
  {
    fault: 'does not start while a pod is not ready (10)',
    file: 'src/pods/pool/pod-index.ts',
    find: 'for (const pod of this.#store.list())',
    replace: `for (const pod of this.#store.list()) if (pod.status.podIp === '') throw new Error('a pod is not ready');
    for (const pod of this.#store.list())`,
    test: 'test/pods/pool/replicas.test.ts',
    title: 'start with pods that are not ready, and wait for them',
  },
  {
    fault: 'asks the evaluators in another order than theirs (10)',
    file: 'src/evaluate/chain.ts',
    find: 'for (const evaluator of this.#evaluators) {',
    replace: 'for (const evaluator of this.#evaluators.toReversed()) {',
    test: 'test/evaluate/chain.test.ts',
    title: 'takes the answer of the first that has the function',
  },
  {
    fault: 'kills the calls in flight when it ends (10)',
    file: 'src/grpc/server.ts',
    find: 'if (await this.#within(closed, drainTimeoutMs, hurry)) return;',
    replace: 'this.#server.forceShutdown();',
    test: 'test/grpc/stopping.test.ts',
    title: 'finishes the calls that it has accepted',
  },
  {
    fault: 'keeps the connections of pods that it gave up (10)',
    file: 'src/pods/pool/member.ts',
    find: 'retire(): readonly Waiter[] {\n    this.#suspend();',
    replace: 'retire(): readonly Waiter[] {',
    test: 'test/pods/pool/collecting.test.ts',
    title: 'are marked after their time to live, wait for --evaluation-timeout, and go with their connections',
  },
];
