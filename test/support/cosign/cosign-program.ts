import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtFolder } from '../go-program/built-folder.ts';

let found: Promise<string> | undefined;

/** Absolute path of cosign, which is built once per machine: the global setup of the cluster tests asks first. */
export async function cosignProgram(): Promise<string> {
  found ??= builtFolder(fileURLToPath(new URL('build.sh', import.meta.url))).then((folder) => join(folder, 'cosign'));
  return found;
}
