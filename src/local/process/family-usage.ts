import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { pageSize } from './page-size.ts';
import { ProcessTable } from './process-table.ts';

/** What a process and its descendants use together. */
export interface FamilyUsage {
  readonly processes: number;
  /** Resident memory; a page that several share is counted for each of them. */
  readonly residentBytes: number;
}

const pageBytes = pageSize();
/** Kernels built without PROC_CHILDREN do not tell. */
const kernelTellsChildren = existsSync(`/proc/self/task/${String(process.pid)}/children`);

/** Reads a few files for each member of the family; where the kernel does not tell children, for every process there is. */
export function familyUsage(pid: number): FamilyUsage {
  const family = kernelTellsChildren ? familyByChildren(pid) : ProcessTable.read().family(pid);
  const pages = family.reduce((sum, member) => sum + residentPages(member), 0);
  return { processes: family.length, residentBytes: pages * pageBytes };
}

function familyByChildren(pid: number): readonly number[] {
  const family = [pid];
  // It grows while it is walked.
  for (const member of family) family.push(...children(member));
  return family;
}

function children(pid: number): readonly number[] {
  const tasks = `/proc/${String(pid)}/task`;
  return orNothing(() => readdirSync(tasks)).flatMap((task) => {
    const text = orNothing(() => [readFileSync(`${tasks}/${task}/children`, 'latin1')]).join('');
    return text.split(' ').filter(Boolean).map(Number);
  });
}

function residentPages(pid: number): number {
  const [text = ''] = orNothing(() => [readFileSync(`/proc/${String(pid)}/statm`, 'latin1')]);
  return Number(text.split(' ')[1] ?? 0);
}

/** Processes and threads end while they are looked at. */
function orNothing(read: () => string[]): string[] {
  try {
    return read();
  } catch {
    return [];
  }
}
