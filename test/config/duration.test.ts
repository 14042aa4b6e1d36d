import { expect } from 'chai';
import { formatDuration, parseDuration } from '../../src/config/duration.ts';

/** From the documentation of Go's time.ParseDuration and its tests. */
const durations: readonly (readonly [text: string, ms: number | undefined])[] = [
  ['0', 0],
  ['5s', 5000],
  ['30s', 30_000],
  ['1478s', 1_478_000],
  ['-5s', -5000],
  ['+5s', 5000],
  ['5.0s', 5000],
  ['5.6s', 5600],
  ['5.s', 5000],
  ['.5s', 500],
  ['1.004s', 1004],
  ['10ns', 0.00001],
  ['11us', 0.011],
  ['12µs', 0.012],
  ['12μs', 0.012],
  ['13ms', 13],
  ['14s', 14_000],
  ['15m', 900_000],
  ['16h', 57_600_000],
  ['3h30m', 12_600_000],
  ['10.5s4m', 250_500],
  ['1h15m30.918s', 4_530_918],
  ['', undefined],
  ['3', undefined],
  ['-', undefined],
  ['s', undefined],
  ['.', undefined],
  ['.s', undefined],
  ['-.s', undefined],
  ['1d', undefined],
  ['1 s', undefined],
  ['1s ', undefined],
  ['1e3s', undefined],
  ['--1s', undefined],
];

describe('a duration', () => {
  for (const [text, ms] of durations) {
    it(`${JSON.stringify(text)} is ${ms === undefined ? 'refused' : `${String(ms)} ms`}`, () => {
      const parsed = parseDuration(text);
      if (ms === undefined) expect(parsed).to.equal(undefined);
      else expect(parsed).to.be.closeTo(ms, 1e-6);
    });
  }

  for (const text of ['0s', '500ms', '30s', '1m', '1h30m', '1m30s', '24h']) {
    it(`${text} is printed as it was written`, () => {
      expect(formatDuration(parseDuration(text) ?? -1)).to.equal(text);
    });
  }
});
