import { readFile } from 'node:fs/promises';
import { argumentFault, UsageError } from './usage-error.ts';

/** What starts the service: the program itself, or the file that Node runs. */
const program = /(^|\/)(main\.[jt]s|function-runner|server)$/;

/** The flags with which another process of this machine runs the service (proc(5), cmdline). @throws {UsageError} */
export async function flagsOfProcess(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => {
    throw new UsageError([argumentFault(`--like-pid: there is no process ${String(pid)} that can be looked at`)]);
  });
  const argv = text.split('\0').slice(0, -1);
  const start = argv.findLastIndex((argument) => program.test(argument) && !argument.startsWith('-'));
  const [first, ...rest] = argv.slice(start + 1);
  if (start < 0 || (first !== undefined && first !== 'serve' && !first.startsWith('-'))) {
    throw new UsageError([argumentFault(`--like-pid: process ${String(pid)} is not this service`)]);
  }
  return first === undefined || first === 'serve' ? rest : [first, ...rest];
}
