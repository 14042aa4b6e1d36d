import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, normalize } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { RunnerError } from '../core/errors.ts';

/** The text of one file of resources. */
export interface KrmFile {
  /** Where the user finds it. */
  readonly shown: string;
  /** Path within the package; undefined for standard input. */
  readonly path: string | undefined;
  readonly text: string;
  /** Found in a folder, so something else than KRM may be in it. */
  readonly found: boolean;
}

/**
 * Reads files, folders with all their `.yaml` and `.yml` files, and `-` for standard input. Hidden entries, symbolic
 * links and Kptfiles are passed over, as kpt does for functions.
 *
 * @throws {RunnerError} `REQUEST_INVALID` for what cannot be read.
 */
export async function readKrmFiles(sources: readonly string[], stdin: Readable): Promise<readonly KrmFile[]> {
  const files: KrmFile[] = [];
  for (const source of sources) {
    if (source === '-')
      files.push({ shown: 'standard input', path: undefined, text: decode(await buffer(stdin), '-'), found: false });
    else files.push(...(await readSource(source)));
  }
  return files;
}

async function readSource(source: string): Promise<readonly KrmFile[]> {
  try {
    if ((await stat(source)).isDirectory()) return await readFolder(source, '');
    const path = isAbsolute(source) || normalize(source).startsWith('..') ? basename(source) : normalize(source);
    return [{ shown: source, path, text: decode(await readFile(source), source), found: false }];
  } catch (error) {
    if (error instanceof RunnerError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new RunnerError('REQUEST_INVALID', `cannot read ${source}: ${reason}`, { cause: error, file: source });
  }
}

async function readFolder(root: string, folder: string): Promise<readonly KrmFile[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const files: KrmFile[] = [];
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await readFolder(root, path)));
    else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) {
      const shown = join(root, path);
      files.push({ shown, path, text: decode(await readFile(shown), shown), found: true });
    }
  }
  return files;
}

function decode(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RunnerError('REQUEST_INVALID', `${source} is not UTF-8 text`, { cause, file: source });
  }
}
