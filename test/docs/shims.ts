import { symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';

/** A folder for the PATH with `function-runner`, as a reader has installed it, and links to other programs. */
export async function shims(programs: Readonly<Record<string, string>> = {}): Promise<TempFolder> {
  const folder = await tempFolder('shims');
  const script = `#!/bin/sh\nexec '${process.execPath}' '${resolve('src/main.ts')}' "$@"\n`;
  await writeFile(join(folder.path, 'function-runner'), script, { mode: 0o755 });
  for (const [name, path] of Object.entries(programs)) await symlink(path, join(folder.path, name));
  return folder;
}
