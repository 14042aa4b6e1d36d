import type { Verdict } from '../doctor/remark.ts';
import type { Finding } from '../doctor/run-checks.ts';
import type { CommandIo } from './command-io.ts';
import { paintFor } from './style-text.ts';

const colours = { ok: 'green', warning: 'yellow', problem: 'red', skipped: 'dim' } as const;
const resultWidth = 9;
const checkWidth = 20;

/** `ok       registry          host:5000: reached by mounted-ca`, and below it what to do. Plain ASCII but for names. */
export function findingText({ check, subject, result, why, fix }: Finding, io: CommandIo): string {
  const paint = paintFor(io.stdout, io.environment);
  const what = subject === '' || why.startsWith(subject) ? why : `${subject}: ${why}`;
  const line = `${paint(colours[result], result.padEnd(resultWidth))}${check.padEnd(checkWidth)}${what}\n`;
  return fix === '' ? line : `${line}${' '.repeat(resultWidth + checkWidth)}-> ${fix}\n`;
}

/** `1 problem, 2 warnings, 10 ok, 3 skipped` */
export function summaryText(findings: readonly Finding[], io: CommandIo): string {
  const paint = paintFor(io.stdout, io.environment);
  const count = (wanted: Verdict): number => findings.filter(({ result }) => result === wanted).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const text = [
    problems === 1 ? '1 problem' : `${String(problems)} problems`,
    warnings === 1 ? '1 warning' : `${String(warnings)} warnings`,
    `${String(count('ok'))} ok`,
    `${String(count('skipped'))} skipped`,
  ].join(', ');
  return `\n${paint(problems > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green', text)}\n`;
}
