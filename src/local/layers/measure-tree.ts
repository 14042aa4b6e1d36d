import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface TreeSize {
  readonly entries: number;
  readonly bytes: number;
}

/** Counts what is in a folder, links not followed. */
export async function measureTree(folder: string): Promise<TreeSize> {
  let [entries, bytes] = [0, 0];
  const ahead = [folder];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      entries += 1;
      if (entry.isDirectory()) ahead.push(path);
      else bytes += (await lstat(path)).size;
    }
  }
  return { entries, bytes };
}
