import { pipeHolders } from './pipe-holders.ts';
import { ProcessTable } from './process-table.ts';

/**
 * Ends a process, its group and everything descended from it. The group is stopped first, so that nobody forks away
 * between being looked up and being killed.
 */
export function killFamily(pid: number): void {
  send(-pid, 'SIGSTOP');
  const family = ProcessTable.read().family(pid);
  killGroup(pid);
  for (const member of family) send(member, 'SIGKILL');
}

/** Ends what is left of a process group; its leader may be gone already. */
export function killGroup(pid: number): void {
  send(-pid, 'SIGKILL');
}

/** Ends whoever still has a pipe open that was made for one process and its descendants: they left its group. */
export function killPipeHolders(inodes: readonly number[]): void {
  if (inodes.length === 0) return;
  for (const pid of pipeHolders(inodes)) send(pid, 'SIGKILL');
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // Nobody there any more.
  }
}
