import { type ProgramRun, runProgram, type RunOptions } from '../program/run-program.ts';

export interface HelperQuestion {
  /** `NAME` of `docker-credential-NAME`, checked. */
  readonly name: string;
  /** The registry as helpers know it. */
  readonly server: string;
}

/**
 * `docker-credential-NAME get`, the server on its standard input without a line end (registry-behaviour CH1, CH2).
 *
 * @throws RunnerError the signal's reason when it aborts
 */
export async function runHelper(
  { name, server }: HelperQuestion,
  environment: Readonly<Record<string, string>>,
  options: RunOptions,
): Promise<ProgramRun> {
  return runProgram({ program: `docker-credential-${name}`, args: ['get'], stdin: server, environment }, options);
}
