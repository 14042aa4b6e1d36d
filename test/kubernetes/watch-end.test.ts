import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import { nextWatch, type WatchEnd } from '../../src/kubernetes/watch/watch-end.ts';

const failed = (code: 'CLUSTER_DENIED' | 'CLUSTER_UNAVAILABLE'): WatchEnd => ({
  kind: 'failed',
  error: new RunnerError(code, 'x'),
});

/** How it ended, how many fruitless ones in a row, the random number; list first?, the wait. */
const rows: readonly (readonly [WatchEnd, number, number, boolean, number])[] = [
  [{ kind: 'ended' }, 1, 0.5, false, 0],
  [{ kind: 'ended' }, 2, 1, false, 500],
  [{ kind: 'quiet' }, 1, 0.5, false, 0],
  [{ kind: 'expired' }, 1, 0.5, true, 0],
  [{ kind: 'expired' }, 3, 1, true, 1000],
  [{ kind: 'malformed', why: 'x' }, 1, 0, true, 250],
  [{ kind: 'malformed', why: 'x' }, 4, 1, true, 2000],
  [failed('CLUSTER_UNAVAILABLE'), 1, 0, false, 125],
  [failed('CLUSTER_UNAVAILABLE'), 1, 1, false, 250],
  [failed('CLUSTER_UNAVAILABLE'), 5, 1, false, 4000],
  [failed('CLUSTER_UNAVAILABLE'), 50, 0, false, 15_000],
  [failed('CLUSTER_UNAVAILABLE'), 5000, 1, false, 30_000],
  [failed('CLUSTER_DENIED'), 50, 1, true, 5000],
];

describe('nextWatch', () => {
  for (const [end, fruitless, random, relist, delayMs] of rows) {
    const what = end.kind === 'failed' ? `${end.kind} (${end.error.code})` : end.kind;
    it(`${relist ? 'lists' : 'watches'} ${String(delayMs)} ms after time ${String(fruitless)} of ${what}, at ${String(random)}`, () => {
      expect(nextWatch(end, fruitless, random)).to.deep.equal({ relist, delayMs });
    });
  }
});
