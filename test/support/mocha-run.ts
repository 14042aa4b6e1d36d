import { relative } from 'node:path';
import { jsonAt, jsonList } from './json-at.ts';
import { runProgram } from './program.ts';

export interface TestResult {
  /** Under the folder of the run. */
  readonly file: string;
  /** With the titles of the groups around it. */
  readonly title: string;
  /** First line of the error, with its name; empty for a test that passed. */
  readonly failure: string;
}

interface TestSelection {
  readonly folder: string;
  /** Under the folder; may repeat. */
  readonly files: readonly string[];
  /** Only tests with one of these in their title run. */
  readonly titles: readonly string[];
  /** Where Node keeps what it has compiled, for the next run. */
  readonly cacheFolder: string;
}

const timeoutMs = 110_000;
const options = ['--no-config', '--extension', 'ts', '--timeout', '10000', '--reporter', 'json', '--exit'];
const required = ['--require', 'test/support/coverage-folder.ts'];

/** Runs tests of a project in a process of their own. A test that fails is a result; a run without a report rejects. */
export async function runTests({ folder, files, titles, cacheFolder }: TestSelection): Promise<readonly TestResult[]> {
  const wanted = [...new Set(titles)].map(escaped).join('|');
  const { stdout, stderr } = await runProgram(
    process.execPath,
    ['node_modules/mocha/bin/mocha.js', ...options, ...required, `--grep=${wanted}`, ...new Set(files)],
    { cwd: folder, timeoutMs, env: { NODE_COMPILE_CACHE: cacheFolder, NODE_V8_COVERAGE: '' } },
  );
  const start = stdout.search(/^\{$/m);
  if (start < 0) throw new Error(`the test run gave no report:\n${stdout}\n${stderr}`);
  const report: unknown = JSON.parse(stdout.slice(start));
  return ['passes', 'failures'].flatMap((key) =>
    jsonList(report, key).map((entry) => ({
      file: relative(folder, String(jsonAt(entry, 'file'))),
      title: String(jsonAt(entry, 'fullTitle')),
      failure: key === 'passes' ? '' : failureOf(entry),
    })),
  );
}

function escaped(title: string): string {
  return title.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function failureOf(entry: unknown): string {
  const [line = ''] = String(jsonAt(entry, 'err', 'stack')).split('\n');
  return line === '' ? 'unknown' : line;
}
