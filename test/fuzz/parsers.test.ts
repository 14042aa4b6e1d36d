import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { jsonAt } from '../support/json-at.ts';
import { runProgram } from '../support/program.ts';
import { targets } from './targets.ts';

const child = fileURLToPath(import.meta.resolve('./child.ts'));
const refusals = 10_000;
const seed = 20_260_101;
const maxCpuMs = 50;
/** Collecting coverage makes everything slower. */
const withoutCoverage = { NODE_V8_COVERAGE: '' };

describe('the parsers, each fed with 10,000 malformed inputs in a process of its own', function () {
  this.timeout(60_000);

  for (const { name } of targets) {
    it(`give a clean error for each and take under 50 ms of CPU time for the slowest: ${name}`, async () => {
      const { exitCode, stdout, stderr } = await runProgram(
        process.execPath,
        [child, name, String(refusals), String(seed)],
        { timeoutMs: 55_000, env: withoutCoverage },
      );
      expect(exitCode, stderr).to.equal(0);
      const report: unknown = JSON.parse(stdout);
      expect(jsonAt(report, 'faults')).to.deep.equal([]);
      expect(jsonAt(report, 'refused')).to.equal(refusals);
      expect(jsonAt(report, 'slowestMs'), String(jsonAt(report, 'slowestInput'))).to.be.below(maxCpuMs);
    });
  }
});
