import { expect } from 'chai';
import { retryDelayMs } from '../../src/registry/transport/retry.ts';
import type { RetryState, Setback } from '../../src/registry/transport/retry.ts';
import type { Signal } from '../../src/registry/trust/signals.ts';

const base: Omit<RetryState, 'setbacks'> = { method: 'GET', remainingMs: Infinity, nowMs: 0, jitter: 1 };
const status = (code: number, retryAfter?: string): Setback => ({ kind: 'status', status: code, retryAfter });
const signal = (kind: Signal['kind'], retry: Signal['retry'], mayHaveArrived = false): Setback => {
  return { kind: 'signal', signal: { kind, reason: '', retry, mayHaveArrived } };
};
const busy = status(503);
const lost = signal('closed', 'yes', true);
const refused = signal('refused', 'once');

/** Registry-behaviour 5.8, RT8 and RT9. */
const cases: readonly { title: string; state: Partial<RetryState>; delayMs: number | undefined }[] = [
  { title: 'nothing went wrong', state: { setbacks: [] }, delayMs: undefined },
  { title: 'a first 503', state: { setbacks: [busy] }, delayMs: 500 },
  { title: 'a second 503', state: { setbacks: [busy, busy] }, delayMs: 1000 },
  { title: 'a third 503', state: { setbacks: [busy, busy, busy] }, delayMs: 2000 },
  { title: 'a fourth 503', state: { setbacks: [busy, busy, busy, busy] }, delayMs: undefined },
  { title: 'jitter', state: { setbacks: [busy], jitter: 0.1 }, delayMs: 50 },
  { title: 'a 404', state: { setbacks: [status(404)] }, delayMs: undefined },
  { title: 'Retry-After in seconds', state: { setbacks: [status(429, '60')] }, delayMs: 60_000 },
  { title: 'Retry-After of a minute and more', state: { setbacks: [status(429, '61')] }, delayMs: undefined },
  {
    title: 'Retry-After as a date',
    state: { setbacks: [status(503, 'Thu, 01 Jan 1970 00:00:09 GMT')] },
    delayMs: 9000,
  },
  {
    title: 'Retry-After of a date gone by',
    state: { setbacks: [status(503, 'Thu, 01 Jan 1970 00:00:09 GMT')], nowMs: 60_000 },
    delayMs: 0,
  },
  {
    title: 'Retry-After past the deadline',
    state: { setbacks: [status(429, '5')], remainingMs: 4999 },
    delayMs: undefined,
  },
  { title: 'a Retry-After that says nothing', state: { setbacks: [status(429, 'soon')] }, delayMs: 500 },
  { title: 'a back-off past the deadline', state: { setbacks: [busy], remainingMs: 499 }, delayMs: undefined },
  { title: 'a first refusal', state: { setbacks: [refused] }, delayMs: 500 },
  { title: 'a second refusal', state: { setbacks: [refused, refused] }, delayMs: undefined },
  { title: 'a refusal after a 503', state: { setbacks: [busy, refused] }, delayMs: 1000 },
  { title: 'an unknown name', state: { setbacks: [signal('unresolved', 'no')] }, delayMs: undefined },
  { title: 'an answer to a GET lost twice', state: { setbacks: [lost, lost] }, delayMs: 1000 },
  { title: 'an answer to a POST lost once', state: { method: 'POST', setbacks: [lost] }, delayMs: 500 },
  { title: 'an answer to a POST lost twice', state: { method: 'POST', setbacks: [lost, lost] }, delayMs: undefined },
  { title: 'a POST answered 503 after it was lost', state: { method: 'POST', setbacks: [lost, busy] }, delayMs: 1000 },
];

describe('the decision to ask again', () => {
  for (const { title, state, delayMs } of cases) {
    it(`${title}: ${delayMs === undefined ? 'that is the answer' : `in ${String(delayMs)} ms`}`, () => {
      expect(retryDelayMs({ ...base, setbacks: [], ...state })).to.equal(delayMs);
    });
  }
});
