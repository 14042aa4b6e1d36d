import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readFirst } from '../core/mounted-file-read.ts';
import { parseExecutables } from '../evaluate/executable-config.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { ok, problem, type Remark, skipped } from './remark.ts';

/** Functions that are executables: the file that names them, and each of them. */
export function executablesCheck({ options }: Patient): Check {
  const { config, functions, defaultImagePrefix, disableRuntimes } = options;
  return {
    name: 'executables',
    subject: config,
    timeoutMs: 5000,
    run: async () => {
      if (disableRuntimes.includes('exec')) return [skipped('', 'turned off by --disable-runtimes')];
      const read = await readFirst([config], 'functions');
      if (read === undefined) return [skipped('', `there is no ${config}`)];
      const executables = parseExecutables(Buffer.from(read.bytes).toString('utf8'), config, defaultImagePrefix);
      const names = [...new Set(executables.values())];
      const missing = (await Promise.all(names.map(async (name) => executableRemark(resolve(functions, name))))).flat();
      return [ok(config, `read; ${String(names.length)} executables`), ...missing];
    },
  };
}

async function executableRemark(file: string): Promise<readonly Remark[]> {
  try {
    await access(file, constants.X_OK);
    if ((await stat(file)).isFile()) return [];
  } catch {
    // Told below.
  }
  return [
    problem(file, 'there is no such file that can be executed', 'Put it there, or correct --functions or --config.'),
  ];
}
