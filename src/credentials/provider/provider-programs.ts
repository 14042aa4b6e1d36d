import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { RunnerError } from '../../core/errors.ts';
import type { Provider } from './provider-config.ts';

/** @throws RunnerError `CFG_OPTION` naming the first provider without a program, and the file that names it */
export function checkPrograms(providers: readonly Provider[], binDir: string, file: string): void {
  for (const { name } of providers) {
    const program = join(binDir, name);
    const problem = problemOf(program);
    if (problem === undefined) continue;
    throw new RunnerError('CFG_OPTION', `${file}: provider ${JSON.stringify(name)}: ${program} ${problem}`, {
      file,
      hint: `Put an executable ${name} into the folder of --image-credential-provider-bin-dir, or take the provider out of the file.`,
    });
  }
}

function problemOf(program: string): string | undefined {
  try {
    if (!statSync(program).isFile()) return 'is not a program';
  } catch {
    return 'does not exist';
  }
  try {
    accessSync(program, constants.X_OK);
    return undefined;
  } catch {
    return 'is not executable';
  }
}
