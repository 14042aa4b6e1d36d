import type { Mutant } from '../../support/mutant-tree.ts';

const podObject = 'src/pods/plan/pod-object.ts';
const find = 'const name = podName(path, key, slot, lastHolderUid);';
const test = 'test/pods/plan/pod-name.test.ts';
const title = 'is valid, and so are all labels, for every image reference';
const requested = `String(annotations[podMarks.requestedImage])`;

/** 3: names of pods. */
export const names: readonly Mutant[] = [
  {
    fault: 'puts a digest into the name of a pod (3)',
    file: podObject,
    find,
    replace: `const [, digest = ''] = ${requested}.split('@');
  const name = podName(path, key, slot, lastHolderUid) + (digest === '' ? '' : '-' + digest);`,
    test,
    title,
  },
  {
    fault: 'puts a tag with capitals into the name of a pod (3)',
    file: podObject,
    find,
    replace: `const tag = /:([A-Za-z0-9_]{1,5})$/.exec(${requested})?.[1] ?? 'latest';
  const name = podName(path, key, slot, lastHolderUid).slice(0, 50) + '-' + tag;`,
    test,
    title,
  },
  {
    fault: 'makes names of pods that are too long (3)',
    file: 'src/pods/plan/pod-name.ts',
    find: 'Math.min(maxBase, maxLabel - tail.length)',
    replace: 'maxLabel',
    test,
    title: 'stays a DNS label for slots of any size',
  },
];
