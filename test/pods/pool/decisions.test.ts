import { expect } from 'chai';
import { parsePod } from '../../../src/kubernetes/parse-pod.ts';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import { freeSlot, leastLoaded, wantsAnotherPod } from '../../../src/pods/pool/choose.ts';
import { type CollectionFacts, collectionOf } from '../../../src/pods/pool/collection.ts';
import { canServe, eldest, readKnownPod } from '../../../src/pods/pool/known-pod.ts';
import { type Sighting, sightingOf } from '../../../src/pods/pool/sighting.ts';
import { made, type Made, startMs } from './made-pod.ts';
import { container, waitingStatus } from './pool-harness.ts';

describe('which pod takes a call', () => {
  const cases: readonly (readonly [string, readonly (readonly [number, number])[], number | undefined])[] = [
    ['none of none', [], undefined],
    [
      'the least loaded',
      [
        [3, 0],
        [1, 5],
        [2, 1],
      ],
      1,
    ],
    [
      'among equals the one chosen longest ago',
      [
        [1, 7],
        [1, 3],
        [1, 5],
      ],
      1,
    ],
    [
      'the first of those never chosen',
      [
        [0, 0],
        [0, 0],
      ],
      0,
    ],
  ];
  for (const [title, pods, chosen] of cases) {
    it(title, () => {
      const members = pods.map(([load, chosenAt]) => ({ load, chosenAt }));
      expect(leastLoaded(members)).to.equal(chosen === undefined ? undefined : members[chosen]);
    });
  }
});

describe('when another pod is added', () => {
  const cases: readonly (readonly [string, readonly number[], number, number, boolean])[] = [
    ['always for the first call', [], 1, 2, true],
    ['not below the length of the wait list', [1], 4, 2, false],
    ['at it', [2], 4, 2, true],
    ['not past the most pods', [9], 1, 2, false],
    ['not while one of the pods has room', [4, 0], 4, 3, false],
    ['when all have their fill', [3, 3], 4, 3, true],
    ['for every call where none may wait', [0], 2, 0, true],
  ];
  for (const [title, loads, maxPods, maxWaitlist, added] of cases) {
    it(title, () => {
      expect(wantsAnotherPod(loads, { maxPods, maxWaitlist })).to.equal(added);
    });
  }

  it('it gets the lowest free slot', () => {
    expect(freeSlot(new Set([0, 2]), 4)).to.equal(1);
    expect(freeSlot(new Set([0, 1]), 2)).to.equal(undefined);
  });
});

describe('the holder of a slot', () => {
  it('is the eldest, and of equal age the one with the lower UID', () => {
    const pods = [
      made({ uid: 'c', createdMs: startMs }),
      made({ uid: 'b' }),
      made({ uid: 'a', createdMs: startMs + 1000 }),
    ];
    expect(eldest(pods)?.uid).to.equal('b');
    expect(eldest([])).to.equal(undefined);
  });

  const cases: readonly (readonly [string, Made, boolean])[] = [
    ['a running pod', {}, true],
    ['a starting pod', { status: waitingStatus('ContainerCreating') }, true],
    ['a hopeless pod', { status: waitingStatus('InvalidImageName') }, false],
    ['a pod that failed', { status: { phase: 'Failed', reason: 'Evicted' } }, false],
    ['a terminating pod', { isTerminating: true }, false],
    ['a draining pod', { annotations: { [podMarks.drainingSinceMs]: '1' } }, false],
    ['a pod with a mark that nobody can read', { annotations: { [podMarks.drainingSinceMs]: 'soon' } }, false],
  ];
  for (const [title, pod, serves] of cases) {
    it(`${serves ? 'may' : 'may not'} be ${title}`, () => {
      expect(canServe(made(pod))).to.equal(serves);
    });
  }

  it('is never a pod that is not ours', () => {
    const labels = { [podMarks.managedBy]: 'someone', [podMarks.functionKey]: 'k1' };
    expect(readKnownPod(parsePod({ metadata: { name: 'x', uid: 'x', labels } }))).to.equal(undefined);
  });
});

describe('what is collected, and when', () => {
  const seen: Sighting = { firstMs: startMs, usedMs: startMs, drainsMs: startMs, uses: '' };
  const facts: CollectionFacts = {
    nowMs: startMs + 60_000,
    seen,
    ownLoad: 0,
    ownLastUseMs: 0,
    condemned: undefined,
    isSurplus: false,
    wasMadeHere: false,
    isOutdated: false,
    mayCollectShared: true,
    ttlMs: undefined,
    evaluationTimeoutMs: 30_000,
    podReadyTimeoutMs: 60_000,
  };
  const drains = (reason = 'idle'): Made => ({
    annotations: { [podMarks.drainingSinceMs]: '1', [podMarks.drainingReason]: reason },
  });
  const since = (drainsMs: number): Partial<CollectionFacts> => ({ seen: { ...seen, drainsMs } });
  const idleMs = startMs + 600_001;

  const cases: readonly (readonly [string, Made, Partial<CollectionFacts>, string])[] = [
    ['a pod in use stays', {}, {}, `later ${String(idleMs)}`],
    ['an idle pod is marked', {}, { nowMs: idleMs }, 'mark idle'],
    ['one that a call runs on is not idle', {}, { nowMs: idleMs, ownLoad: 1 }, 'keep'],
    [
      'one that another replica used is not idle',
      {},
      { nowMs: idleMs, seen: { ...seen, usedMs: startMs + 1000 } },
      `later ${String(idleMs + 1000)}`,
    ],
    ['one that we used is not idle', {}, { nowMs: idleMs, ownLastUseMs: startMs + 5 }, `later ${String(idleMs + 5)}`],
    ['the time to live of the plan goes first', {}, { ttlMs: 1000 }, 'mark idle'],
    [
      'a pod that starts is not idle however short its life is',
      { status: waitingStatus('ContainerCreating') },
      { ttlMs: 1000, nowMs: startMs + 50_000 },
      `later ${String(startMs + 60_001)}`,
    ],
    ['a failed pod goes at once', { status: { phase: 'Failed' } }, {}, 'delete failed'],
    ['a hopeless pod goes at once', { status: waitingStatus('InvalidImageName') }, {}, 'delete failed'],
    [
      'an evicted pod goes at once, marked or not',
      { ...drains(), status: { phase: 'Failed', reason: 'Evicted' } },
      {},
      'delete failed',
    ],
    ['a terminating pod is left alone', { isTerminating: true }, { nowMs: idleMs }, 'keep'],
    ['a condemned pod is marked', {}, { condemned: { reason: 'silent', atOnce: false } }, 'mark silent'],
    ['one that nobody can use goes at once', {}, { condemned: { reason: 'failed', atOnce: true } }, 'delete failed'],
    ['a marked pod waits', drains(), since(startMs + 59_000), `later ${String(startMs + 89_000)}`],
    ['a marked pod goes after --evaluation-timeout', drains(), since(startMs + 30_000), 'delete idle'],
    ['a marked pod whose call still runs stays', drains(), { ownLoad: 1 }, 'keep'],
    ['an outdated pod is marked', {}, { isOutdated: true }, 'mark outdated'],
    [
      'one that starts may have callers who wait for it',
      { status: waitingStatus('ContainerCreating') },
      { isOutdated: true, nowMs: startMs + 59_999 },
      `later ${String(startMs + 60_000)}`,
    ],
    [
      'but no longer than a pod may take to start',
      { status: waitingStatus('ContainerCreating') },
      { isOutdated: true },
      'mark outdated',
    ],
    ['our surplus pod is marked', {}, { isSurplus: true, wasMadeHere: true }, 'mark surplus'],
    [
      'our surplus pod that never ran goes at once',
      { status: waitingStatus('ContainerCreating') },
      { isSurplus: true, wasMadeHere: true },
      'delete surplus',
    ],
    [
      'our marked surplus pod goes within 10 s',
      drains('surplus'),
      { isSurplus: true, wasMadeHere: true, ...since(startMs + 55_000) },
      'delete surplus',
    ],
    [
      "another's surplus pod is left to its maker first",
      {},
      { isSurplus: true, seen: { ...seen, firstMs: startMs + 55_000 } },
      `later ${String(startMs + 65_000)}`,
    ],
    ["another's surplus pod is marked when its maker does nothing", {}, { isSurplus: true }, 'mark surplus'],
    [
      "another's marked surplus pod waits like any other",
      drains('surplus'),
      { isSurplus: true, ...since(startMs + 55_000) },
      `later ${String(startMs + 85_000)}`,
    ],
  ];

  const lookMs = startMs + 62_000;
  const forOthers: typeof cases = [
    ['an idle pod', {}, { nowMs: idleMs }, `later ${String(idleMs + 2000)}`],
    ['a marked pod whose time has come', drains(), since(startMs + 30_000), `later ${String(lookMs)}`],
    ['a failed pod of another', { status: { phase: 'Failed' } }, {}, `later ${String(lookMs)}`],
    ['a surplus pod of another', {}, { isSurplus: true }, `later ${String(lookMs)}`],
  ];
  const forEach: typeof cases = [
    ['a failed pod of its own', { status: { phase: 'Failed' } }, { wasMadeHere: true }, 'delete failed'],
    ['a surplus pod of its own', {}, { isSurplus: true, wasMadeHere: true }, 'mark surplus'],
    [
      'a marked surplus pod of its own',
      drains('surplus'),
      { isSurplus: true, wasMadeHere: true, ...since(startMs + 55_000) },
      'delete surplus',
    ],
    ['a pod that does not answer it', {}, { condemned: { reason: 'silent', atOnce: false } }, 'mark silent'],
    ['a pod that never answered it', {}, { condemned: { reason: 'failed', atOnce: true } }, 'delete failed'],
    ['a pod that it knows to be outdated', {}, { isOutdated: true }, 'mark outdated'],
  ];

  const decided = (pod: Made, changes: Partial<CollectionFacts>): string => {
    const collection = collectionOf(made(pod), { ...facts, ...changes });
    if (collection.kind === 'keep') return 'keep';
    return `${collection.kind} ${String(collection.kind === 'later' ? collection.atMs : collection.reason)}`;
  };

  for (const [title, pod, changes, expected] of cases) {
    it(title, () => {
      expect(decided(pod, changes)).to.equal(expected);
    });
  }
  for (const [title, pod, changes, expected] of forOthers) {
    it(`${title} is left to the replica that tidies up`, () => {
      expect(decided(pod, { ...changes, mayCollectShared: false })).to.equal(expected);
    });
  }
  for (const [title, pod, changes, expected] of forEach) {
    it(`${title} is each replica's own to see to`, () => {
      expect(decided(pod, { ...changes, mayCollectShared: false })).to.equal(expected);
    });
  }
});

describe('when a pod was used', () => {
  const nowMs = startMs + 60_000;
  const restarted = { running: { startedAt: new Date(startMs + 30_000).toISOString() } };
  const noted = (ms: number): Made => ({ annotations: { [podMarks.lastUsedMs]: String(ms) } });
  const before = sightingOf(made(), undefined, startMs + 5, false);

  const cases: readonly (readonly [string, Made, Sighting | undefined, boolean, number])[] = [
    ['is when it came', {}, undefined, false, nowMs],
    ['is what it says itself where it was there first', {}, undefined, true, startMs],
    ['is when somebody noted it', noted(startMs + 1000), undefined, true, startMs + 1000],
    ['is never later than now', noted(nowMs + 1), undefined, true, nowMs],
    ['stays while nothing new tells of it', {}, before, false, startMs + 5],
    ['is now when a note comes, however wrong its clock is', noted(1), before, false, nowMs],
    [
      'is when its container was started again',
      { status: { phase: 'Running', containerStatuses: [container(restarted, 1)] } },
      undefined,
      true,
      startMs + 30_000,
    ],
  ];
  for (const [title, pod, seen, isOld, usedMs] of cases) {
    it(title, () => {
      expect(sightingOf(made(pod), seen, nowMs, isOld).usedMs).to.equal(usedMs);
    });
  }

  it('has nothing to do with when it was marked, which counts from the first sight of the mark', () => {
    const marked = made({ annotations: { [podMarks.drainingSinceMs]: '1' } });
    const first = sightingOf(marked, before, nowMs, false);
    expect(first).to.include({ firstMs: startMs + 5, usedMs: startMs + 5, drainsMs: nowMs });
    expect(sightingOf(marked, first, nowMs + 1, false).drainsMs).to.equal(nowMs);
  });
});
