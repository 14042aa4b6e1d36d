import { resolve } from 'node:path';
import { runProgram } from './program.ts';
import type { ProgramOptions, ProgramResult } from './program.ts';

/** Runs `function-runner <args>` from source in a process of its own. */
export async function functionRunner(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  return runProgram(process.execPath, [resolve('src/main.ts'), ...args], options);
}
