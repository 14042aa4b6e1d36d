import { readdirSync, readlinkSync } from 'node:fs';

/** The other processes that have one of these pipes open; a pipe is told by its inode. */
export function pipeHolders(inodes: readonly number[]): readonly number[] {
  const names = new Set(inodes.map((inode) => `pipe:[${String(inode)}]`));
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.filter((pid) => targets(`/proc/${pid}/fd`).some((target) => names.has(target))).map(Number);
}

/** Empty for processes that are gone or somebody else's. */
function targets(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => readlinkSync(`${folder}/${name}`));
  } catch {
    return [];
  }
}
