import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import mocha from 'mocha';
import type { MochaOptions, Runner, Suite, Test } from 'mocha';
import { jsonAt } from './json-at.ts';
import { skippedGroups } from './skipped-groups.ts';
import { countLine } from './test-counts.ts';
import type { TestCounts } from './test-counts.ts';

const { constants } = mocha.Runner;

/** One line per top-level suite, then failures, then what was skipped and why, then `N passed, N failed, N skipped`. */
export class SummaryReporter extends mocha.reporters.Base {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const countsFile = countsFileOf(options);
    let current = emptyCounts();
    let startedMs = performance.now();
    runner.on(constants.EVENT_TEST_PASS, () => (current.passed += 1));
    runner.on(constants.EVENT_TEST_PENDING, () => (current.skipped += 1));
    runner.on(constants.EVENT_TEST_FAIL, (test: Test, error: unknown) => {
      current.failed += 1;
      process.stdout.write(`  FAILED ${test.fullTitle()}: ${firstLine(error)}\n`);
    });
    runner.on(constants.EVENT_SUITE_END, (suite: Suite) => {
      if (suite.parent?.root !== true) return;
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      const verdict = current.failed > 0 ? 'failed' : 'ok    ';
      process.stdout.write(`${verdict} ${suite.title}: ${countLine(current)} (${seconds} s)\n`);
      current = emptyCounts();
      startedMs = performance.now();
    });
    runner.once(constants.EVENT_RUN_END, () => {
      this.#finish(countsFile);
    });
  }

  #finish(countsFile: string): void {
    if (this.failures.length > 0) mocha.reporters.Base.list(this.failures);
    const counts = { passed: this.stats.passes, failed: this.stats.failures, skipped: this.stats.pending };
    if (skippedGroups.length > 0) process.stdout.write('\nskipped:\n');
    for (const group of skippedGroups) process.stdout.write(`  ${group.title}: ${group.reason}\n`);
    mkdirSync(dirname(countsFile), { recursive: true });
    writeFileSync(countsFile, `${JSON.stringify(counts)}\n`);
    process.stdout.write(`\n${countLine(counts)}\n`);
  }
}

export { SummaryReporter as 'module.exports' };

/** Where the counts go, for scripts: the reporter option `counts`, so that two runs do not overwrite each other's. */
function countsFileOf(options: MochaOptions): string {
  const file = jsonAt(options, 'reporterOption', 'counts') ?? jsonAt(options, 'reporterOptions', 'counts');
  return typeof file === 'string' ? file : 'coverage/test-counts.json';
}

function emptyCounts(): { -readonly [K in keyof TestCounts]: number } {
  return { passed: 0, failed: 0, skipped: 0 };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
