import type { Log } from '../core/log.ts';
import type { CommandIo } from './command-io.ts';
import { createConsoleLog } from './console-log.ts';

/** The log of a command that ends: lines for a person, or with an explicit `--log-level` the service's JSON lines, on stderr. */
export async function commandLog(io: CommandIo, given: ReadonlySet<string>, level: number): Promise<Log> {
  if (!given.has('log-level')) return createConsoleLog(io);
  const { createJsonLog } = await import('../observe/json-log.ts');
  return createJsonLog(io.stderr, level);
}
