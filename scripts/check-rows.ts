/**
 * Lists the rows of the behaviour tables (test/requirements/rows.json) that no test title carries in brackets, and
 * fails when there is one. Titles come from a dry run, so nothing is executed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface RequiredRows {
  /** Table number → row ids, separated by spaces. */
  readonly tables: Readonly<Record<string, string>>;
  /** Row id → why no test has it yet. */
  readonly later: Readonly<Record<string, string>>;
}

const rowId = /\[([A-Z]+\d+|7\.2\.\d+)\]/g;

const required = parseRequiredRows(readFileSync('test/requirements/rows.json', 'utf8'));
const covered = new Set(testTitles().flatMap((title) => Array.from(title.matchAll(rowId), ([, id]) => id)));

let total = 0;
let missing = 0;
for (const [table, ids] of Object.entries(required.tables)) {
  const rows = ids.split(' ');
  const absent = rows.filter((id) => !covered.has(id));
  total += rows.length;
  missing += absent.length;
  if (absent.length > 0) console.log(`table ${table}: no test for ${absent.join(' ')}`);
}
for (const [id, reason] of Object.entries(required.later)) console.log(`later: ${id} (${reason})`);
console.log(`${String(total - missing)} of ${String(total)} required rows have a test`);
process.exitCode = missing > 0 ? 1 : 0;

function testTitles(): readonly string[] {
  const run = spawnSync('mocha', ['--dry-run', '--reporter', 'json'], {
    encoding: 'utf8',
    env: { ...process.env, CI: '' },
    maxBuffer: 64 << 20,
    timeout: 120_000,
  });
  const start = run.stdout.indexOf('{\n  "stats"');
  if (start < 0) throw new Error(`mocha --dry-run gave no report: ${run.stderr.slice(0, 2000)}`);
  const report: unknown = JSON.parse(run.stdout.slice(start));
  if (!isRecord(report) || !Array.isArray(report['tests'])) throw new Error('the dry run reports no tests');
  return report['tests'].flatMap((test: unknown) =>
    isRecord(test) && typeof test['fullTitle'] === 'string' ? [test['fullTitle']] : [],
  );
}

function parseRequiredRows(text: string): RequiredRows {
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed)) throw new Error('rows.json is not an object');
  return { tables: stringsOf(parsed['tables']), later: stringsOf(parsed['later']) };
}

function stringsOf(value: unknown): Record<string, string> {
  if (!isRecord(value)) throw new Error('rows.json lacks tables or later');
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
