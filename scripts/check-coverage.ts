/**
 * Holds the coverage of src/ to the thresholds below. Uses what the last `npm test` collected; where that is older than
 * the sources, or not there, the tests run first.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';

const thresholds = { lines: 95, functions: 96, branches: 92 } as const;
const summaryFile = 'coverage/coverage-summary.json';

if (changedMs(summaryFile) < Math.max(...globSync('{src,test,examples}/**/*.ts').map(changedMs))) {
  console.log('coverage is older than the sources: running the tests');
  const run = spawnSync('c8', ['mocha'], { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (run.status !== 0) process.exitCode = 1;
  if (run.status !== 0) console.log(`the tests fail:\n${run.stdout.slice(-4000)}${run.stderr.slice(-4000)}`);
}

const summary: unknown = JSON.parse(readFileSync(summaryFile, 'utf8'));
for (const [kind, threshold] of Object.entries(thresholds)) {
  const percent = percentOf(summary, kind);
  console.log(`${kind}: ${String(percent)} % (at least ${String(threshold)} %)`);
  if (percent < threshold) process.exitCode = 1;
}

function changedMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function percentOf(report: unknown, kind: string): number {
  const percent = field(field(field(report, 'total'), kind), 'pct');
  if (typeof percent !== 'number') throw new Error(`${summaryFile} says nothing about ${kind}`);
  return percent;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
