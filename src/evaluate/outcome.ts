import { RunnerError } from '../core/errors.ts';
import type { Outcome } from './evaluator.ts';
import { excerpt } from './excerpt.ts';
import { readKrmOutput } from './krm-output.ts';

/** A function's process that came to its end. */
export interface FinishedFunction {
  readonly runtime: Outcome['runtime'];
  readonly image: string;
  readonly digest: string | undefined;
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly stderrBytes: number;
}

const maxStderrShownBytes = 1024;
const maxOutputShownBytes = 512;

/**
 * Judges what a function's process left behind by the rules for KRM functions. A failed function keeps the results that
 * it printed; one that succeeded must have printed a ResourceList.
 *
 * @throws {RunnerError} `FUNCTION_OUTPUT`
 */
export async function outcomeOf(finished: FinishedFunction): Promise<Outcome> {
  const { runtime, digest, exitCode, stdout, stderr, stderrBytes } = finished;
  const output = await readKrmOutput(stdout);
  if (output.kind === 'other' && exitCode === 0) throw outputError(finished, output.reason);
  const results = output.kind === 'resource-list' ? output.results : [];
  return { runtime, exitCode, output: stdout, stderr, stderrBytes, results, digest };
}

function outputError({ image, stdout, stderr }: FinishedFunction, reason: string): RunnerError {
  const beginning = stdout.length === 0 ? '' : `, it begins with: ${excerpt(stdout, maxOutputShownBytes)}`;
  const shownStderr = excerpt(stderr, maxStderrShownBytes);
  return new RunnerError(
    'FUNCTION_OUTPUT',
    `failed to parse the output of function "${image}" with stderr '${shownStderr}': stdout is not a ResourceList: ${reason}${beginning}`,
    { image, hint: 'Let the function write one ResourceList to stdout and nothing else; its log belongs on stderr.' },
  );
}
