import { expect } from 'chai';
import { silentLog } from '../../src/core/log.ts';
import type { ApiObject } from '../../src/kubernetes/object.ts';
import { parseObject } from '../../src/kubernetes/resources.ts';
import { ObjectMemory } from '../../src/kubernetes/watch/object-memory.ts';

function object(name: string, version: number, uid = 'u1'): ApiObject {
  return parseObject({ metadata: { name, uid, resourceVersion: String(version) } });
}

interface Step {
  readonly title: string;
  readonly act: (memory: ObjectMemory<ApiObject>) => void;
  /** `name@version`. */
  readonly holds: readonly string[];
  readonly tells: readonly string[];
}

/** Each one begins with `a@10` and `b@12`, listed at version 20. */
const steps: readonly Step[] = [
  {
    title: 'takes what we wrote, when it is later than what the server has told',
    act: (memory) => {
      memory.accept(object('a', 21));
    },
    holds: ['a@21', 'b@12'],
    tells: ['modified a'],
  },
  {
    title: 'leaves what we wrote before that alone: it may have been deleted since',
    act: (memory) => {
      memory.accept(object('c', 19));
    },
    holds: ['a@10', 'b@12'],
    tells: [],
  },
  {
    title: 'does not go back when the server tells what we knew already',
    act: (memory) => {
      memory.accept(object('a', 25));
      memory.put(object('a', 22));
    },
    holds: ['a@25', 'b@12'],
    tells: ['modified a'],
  },
  {
    title: 'compares versions as numbers',
    act: (memory) => {
      memory.put(object('a', 100));
      memory.put(object('a', 99));
    },
    holds: ['a@100', 'b@12'],
    tells: ['modified a'],
  },
  {
    title: 'keeps what we made anew under the name of something whose deletion is told later',
    act: (memory) => {
      memory.accept(object('a', 30, 'u2'));
      memory.remove(object('a', 25));
    },
    holds: ['a@30', 'b@12'],
    tells: ['deleted a', 'added a'],
  },
  {
    title: 'keeps what we wrote while a list was under way',
    act: (memory) => {
      memory.accept(object('c', 31));
      memory.replace([object('a', 10)], '30');
    },
    holds: ['a@10', 'c@31'],
    tells: ['added c', 'deleted b'],
  },
  {
    title: 'takes everything as it is when the storage was set back',
    act: (memory) => {
      memory.replace([object('a', 8)], '15');
      memory.accept(object('c', 16));
    },
    holds: ['a@8', 'c@16'],
    tells: ['deleted b', 'modified a', 'added c'],
  },
  {
    title: 'does not let an old write back in after a deletion',
    act: (memory) => {
      memory.remove(object('a', 40));
      memory.accept(object('a', 39));
    },
    holds: ['b@12'],
    tells: ['deleted a'],
  },
];

describe('ObjectMemory', () => {
  for (const { title, act, holds, tells } of steps) {
    it(title, () => {
      const memory = new ObjectMemory<ApiObject>(silentLog);
      memory.replace([object('a', 10), object('b', 12)], '20');
      const seen: string[] = [];
      memory.subscribe(({ kind, object: { metadata } }) => seen.push(`${kind} ${metadata.name}`));
      act(memory);
      expect(memory.list().map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`)).to.have.members(
        holds,
      );
      expect(seen).to.deep.equal(tells);
    });
  }

  it('tells nobody who has left', () => {
    const memory = new ObjectMemory<ApiObject>(silentLog);
    const seen: string[] = [];
    memory.subscribe(({ kind }) => seen.push(kind))();
    memory.put(object('a', 1));
    expect(seen).to.deep.equal([]);
  });
});
