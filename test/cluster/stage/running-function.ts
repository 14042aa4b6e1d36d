import { readdir, readFile } from 'node:fs/promises';
import { eventually } from '../../support/eventually.ts';

/** Process ids, on this machine, of programs that run with exactly these arguments. */
async function processesOf(...command: readonly string[]): Promise<readonly string[]> {
  const wanted = `${command.join('\0')}\0`;
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map(async (id) => readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '')));
  return ids.filter((_, index) => lines[index]?.replace(/^.*\//, '') === wanted);
}

/** Waits for a process with these arguments that is none of `but`. @returns its id */
export async function processStarted(command: readonly string[], but: readonly string[] = []): Promise<string> {
  let found: string | undefined;
  await eventually(`${command.join(' ')} runs`, 15_000, async () => {
    found = (await processesOf(...command)).find((id) => !but.includes(id));
    return found !== undefined;
  });
  return found ?? '';
}
