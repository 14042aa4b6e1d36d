import type { Mutant } from '../../support/mutant-tree.ts';

/** 2: pods of the same id, other replicas, mirrored copies. */
export const replicas: readonly Mutant[] = [
  {
    fault: 'deletes every pod of a function when it creates one (2)',
    file: 'src/pods/pool/launcher.ts',
    find: 'let holderUid = index.lastHolderUid(plan.key, slot);',
    replace: `for (const { key, name } of index.all()) {
      if (key === plan.key) await this.#parts.api.delete(this.#parts.resource, name, {}, signal);
    }
    let holderUid = index.lastHolderUid(plan.key, slot);`,
    test: 'test/pods/pool/placing.test.ts',
    title: 'get one more when as many calls',
  },
  {
    fault: 'deletes pods that another replica uses (2)',
    file: 'src/pods/pool/collection.ts',
    find: `return facts.nowMs >= atMs ? { kind: 'delete',`,
    replace: `return facts.nowMs >= 0 ? { kind: 'delete',`,
    test: 'test/pods/pool/replicas.test.ts',
    title: 'never delete a pod that another one uses',
  },
  {
    fault: 'takes pods of a replica that knows a newer tag for outdated (2)',
    file: 'src/pods/pool/current-versions.ts',
    find: '< current.sinceMs && !this.#isCurrent(key);',
    replace: '< Infinity && !this.#isCurrent(key);',
    test: 'test/pods/pool/outdated.test.ts',
    title: 'is not one that a replica made which has not seen the tag move',
  },
  {
    fault: 'gives mirrored copies of an image one pod (2)',
    file: 'src/pods/plan/planner.ts',
    find: 'const key = stableHash([image, spec,',
    replace: 'const key = stableHash([resolution.digest], 16) || stableHash([image, spec,',
    test: 'test/pods/plan/pod-name.test.ts',
    title: 'differs for images of one name in different registries and paths',
  },
];
