import { expect } from 'chai';

import {
  decideReplica,
  type ReplicaAction,
  type ReplicaState,
  type SourceMark,
} from '../../../src/kubernetes/pull-secret/replica-decision.ts';

const own: SourceMark = { hash: 'own', swappedAtMs: 10_000 };
const older: SourceMark = { hash: 'other', swappedAtMs: 9000 };
const newer: SourceMark = { hash: 'other', swappedAtMs: 11_000 };
const sameTime: SourceMark = { hash: 'other', swappedAtMs: 10_000 };

type Ours = Extract<ReplicaState, { kind: 'ours' }>;
const ours = (given: Partial<Ours>): ReplicaState => ({
  kind: 'ours',
  dataHash: 'own',
  mark: own,
  isMarked: true,
  writtenAtMs: undefined,
  isImmutable: false,
  ...given,
});
const foreign = (given: Partial<Extract<ReplicaState, { kind: 'foreign' }>>): ReplicaState => ({
  kind: 'foreign',
  dataHash: 'theirs',
  isPorch: false,
  isImmutable: false,
  ...given,
});

interface Row {
  readonly title: string;
  readonly replica: ReplicaState;
  readonly adopt?: boolean;
  readonly remembered?: SourceMark;
  readonly action: ReplicaAction;
}

const wait: ReplicaAction = { kind: 'leave', equal: false };
const equal: ReplicaAction = { kind: 'leave', equal: true };

const rows: readonly Row[] = [
  { title: 'creates what is absent', replica: { kind: 'absent' }, action: { kind: 'create' } },
  {
    title: 'creates again what was deleted and held its content',
    replica: { kind: 'absent' },
    remembered: own,
    action: { kind: 'create' },
  },
  {
    title: 'creates again what was deleted and held older content',
    replica: { kind: 'absent' },
    remembered: older,
    action: { kind: 'create' },
  },
  {
    title: 'leaves it to another to create again what was deleted and held newer content',
    replica: { kind: 'absent' },
    remembered: newer,
    action: wait,
  },
  { title: 'leaves what is equal', replica: ours({}), action: equal },
  {
    title: 'writes over older content',
    replica: ours({ dataHash: 'other', mark: older }),
    action: { kind: 'write' },
  },
  { title: 'leaves newer content', replica: ours({ dataHash: 'other', mark: newer }), action: wait },
  {
    title: 'leaves other content of the same time',
    replica: ours({ dataHash: 'other', mark: sameTime }),
    action: wait,
  },
  {
    title: 'repairs edited data that is recorded as its own',
    replica: ours({ dataHash: 'edited' }),
    action: { kind: 'repair' },
  },
  { title: 'repairs a lost label', replica: ours({ isMarked: false }), action: { kind: 'repair' } },
  {
    title: 'leaves edited data that is recorded as newer than its own',
    replica: ours({ dataHash: 'edited', mark: newer }),
    action: wait,
  },
  {
    title: 'writes over edited data that is recorded as older than its own',
    replica: ours({ dataHash: 'edited', mark: older }),
    action: { kind: 'write' },
  },
  {
    title: 'writes over data without any record',
    replica: ours({ dataHash: 'edited', mark: undefined, isMarked: false }),
    action: { kind: 'write' },
  },
  {
    title: 'repairs data whose record is remembered as its own',
    replica: ours({ dataHash: 'edited', mark: undefined, isMarked: false }),
    remembered: own,
    action: { kind: 'repair' },
  },
  {
    title: 'leaves data whose record is remembered as newer',
    replica: ours({ dataHash: 'edited', mark: undefined, isMarked: false }),
    remembered: newer,
    action: wait,
  },
  {
    title: 'leaves its own data that is recorded as newer content of another',
    replica: ours({ mark: newer }),
    action: { kind: 'leave', equal: true },
  },
  {
    title: 'writes over a record from a clock that is ahead, if the swap came after the write',
    replica: ours({ dataHash: 'other', mark: { hash: 'other', swappedAtMs: 3_600_000 }, writtenAtMs: 8000 }),
    action: { kind: 'write' },
  },
  {
    title: 'leaves a record from a clock that is ahead, if the swap came before the write',
    replica: ours({ dataHash: 'other', mark: { hash: 'other', swappedAtMs: 3_600_000 }, writtenAtMs: 10_000 }),
    action: wait,
  },
  {
    title: 'refuses to write over what is ours and immutable',
    replica: ours({ dataHash: 'other', mark: older, isImmutable: true }),
    action: { kind: 'error', problem: 'immutable' },
  },
  { title: 'adopts foreign data that is equal', replica: foreign({ dataHash: 'own' }), action: { kind: 'adopt' } },
  {
    title: 'adopts foreign data that is equal and immutable',
    replica: foreign({ dataHash: 'own', isImmutable: true }),
    action: { kind: 'adopt' },
  },
  {
    title: 'adopts foreign data that is the mounted file, as it is before it is turned into what the kubelet can use',
    replica: foreign({ dataHash: 'mounted' }),
    action: { kind: 'adopt' },
  },
  { title: 'adopts what Porch wrote', replica: foreign({ isPorch: true }), action: { kind: 'adopt' } },
  {
    title: 'refuses to write over what Porch wrote and is immutable',
    replica: foreign({ isPorch: true, isImmutable: true }),
    action: { kind: 'error', problem: 'immutable' },
  },
  {
    title: 'refuses to write over other foreign data',
    replica: foreign({}),
    action: { kind: 'error', problem: 'foreign' },
  },
  { title: 'adopts other foreign data when told to', replica: foreign({}), adopt: true, action: { kind: 'adopt' } },
  {
    title: 'refuses another type',
    replica: { kind: 'wrong-type', type: 'Opaque' },
    action: { kind: 'error', problem: 'type' },
  },
  {
    title: 'refuses another type even when told to adopt',
    replica: { kind: 'wrong-type', type: 'Opaque' },
    adopt: true,
    action: { kind: 'error', problem: 'type' },
  },
];

describe('decision about a pull secret', () => {
  for (const { title, replica, adopt = false, remembered, action } of rows) {
    it(title, () => {
      expect(
        decideReplica({ ...own, dataHash: own.hash, fileHash: 'mounted' }, replica, { adopt, remembered }),
      ).to.deep.equal(action);
    });
  }
});
