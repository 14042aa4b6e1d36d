/** `npm run check`: everything that must hold besides the tests themselves; reports all failures, not only the first. */
import { spawnSync } from 'node:child_process';

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'lint', command: ['oxlint', '-c', '.oxlintrc.json', '--type-aware'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'dead exports', command: ['knip'] },
  { name: 'flags documentation', command: ['node', 'scripts/flags-doc.ts', '--check'] },
  { name: 'required rows', command: ['node', 'scripts/check-rows.ts'] },
  { name: 'coverage', command: ['node', 'scripts/check-coverage.ts'] },
];

const failed = steps.filter((step) => !passes(step));
console.log(
  failed.length === 0
    ? `all ${String(steps.length)} checks passed`
    : `${String(failed.length)} of ${String(steps.length)} checks failed: ${failed.map((step) => step.name).join(', ')}`,
);
process.exitCode = failed.length;

function passes({ name, command: [program, ...args] }: Step): boolean {
  const startedMs = performance.now();
  const run = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const ok = run.status === 0;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  const output = `${run.stdout}${run.stderr}`.trim();
  const quiet = ok && !['required rows', 'coverage'].includes(name);
  if (!quiet && output !== '') console.log(output.replace(/^/gm, '       '));
  if (run.error !== undefined) console.log(`       ${run.error.message}`);
  return ok;
}
