import { functionRunner } from '../support/command-line.ts';
import { jsonAt } from '../support/json-at.ts';

/** What `function-runner doctor` said. */
export interface DoctorAnswer {
  readonly exitCode: number;
  /** One line per finding: `result check: subject: why -> fix`, without what is empty. */
  readonly lines: readonly string[];
  /** stdout and stderr. */
  readonly text: string;
}

/** Runs `function-runner doctor <args> --output json` in a process of its own. */
export async function doctor(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<DoctorAnswer> {
  const { exitCode, stdout, stderr } = await functionRunner(['doctor', ...args, '--output=json'], { env });
  const text = stdout + stderr;
  let findings: unknown;
  try {
    findings = JSON.parse(stdout);
  } catch {
    throw new Error(`not JSON: ${text}`);
  }
  if (!Array.isArray(findings)) throw new Error(`no list: ${text}`);
  return { exitCode, text, lines: findings.map(lineOf) };
}

function lineOf(finding: unknown): string {
  const [result = '', check = '', subject = '', why = '', fix = ''] = ['result', 'check', 'subject', 'why', 'fix'].map(
    (key) => String(jsonAt(finding, key)),
  );
  const what = subject === '' ? why : `${subject}: ${why}`;
  return `${result} ${check}: ${what}${fix === '' ? '' : ` -> ${fix}`}`;
}
