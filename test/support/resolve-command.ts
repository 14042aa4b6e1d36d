import { functionRunner } from './command-line.ts';

/** What `function-runner resolve` said. `answer` and `failure` are the parsed JSON, empty where there was none. */
export interface ResolveAnswer {
  readonly exitCode: number;
  /** stdout and stderr. */
  readonly text: string;
  readonly answer: Readonly<Record<string, unknown>>;
  readonly failure: Readonly<Record<string, unknown>>;
}

/** Runs `function-runner resolve <args> --output <output>` in a process of its own. */
export async function resolveCommand(
  args: readonly string[],
  output: 'json' | 'text' = 'json',
  env: Readonly<Record<string, string>> = {},
): Promise<ResolveAnswer> {
  const result = await functionRunner(['resolve', ...args, '--output', output], { env });
  const answer = output === 'json' ? parseObject(result.stdout) : {};
  const text = `${result.stdout}${result.stderr}`;
  return { exitCode: result.exitCode, text, answer, failure: objectOf(answer['error']) };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    throw new Error(`not JSON: ${text.slice(0, 500)}`);
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  if (typeof value === 'object' && value !== null) Object.assign(fields, value);
  return fields;
}
