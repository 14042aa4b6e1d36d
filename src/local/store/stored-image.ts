import { lstat, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { decodeJson, isJsonObject } from '../../core/json.ts';
import { measureTree, type TreeSize } from '../layers/measure-tree.ts';

/** What the store writes down about an image beside its root: `image.json`. */
export interface StoredImage extends TreeSize {
  /** The name under which it was pulled first; for people. */
  readonly image: string;
  /** The beginning of the image's own files, to look users up in. */
  readonly passwd: string;
  readonly group: string;
  /** The boot of the machine during which the root was written or last measured. */
  readonly boot: string;
}

/** What each file and folder costs beyond its bytes. */
const entryBytes = 4096;

/** The room that an image takes. */
export function storedBytes({ entries, bytes }: TreeSize): number {
  return bytes + entries * entryBytes;
}

export function rootOf(folder: string): string {
  return join(folder, 'root');
}

/** Written to be complete or not there at all. */
export async function writeStoredImage(folder: string, stored: StoredImage): Promise<void> {
  const draft = join(folder, `image.json.${String(process.pid)}`);
  await writeFile(draft, JSON.stringify(stored));
  await rename(draft, join(folder, 'image.json'));
}

/** Undefined when there is none, or when it is damaged. */
export async function readStoredImage(folder: string): Promise<StoredImage | undefined> {
  try {
    const stored = parse(decodeJson(await readFile(join(folder, 'image.json'))));
    return (await lstat(rootOf(folder))).isDirectory() ? stored : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The image in the folder if it can be used. Files written shortly before a power failure may be empty after it, so the
 * first use after a boot measures the root once.
 */
export async function openStoredImage(folder: string, boot: string): Promise<StoredImage | undefined> {
  const stored = await readStoredImage(folder);
  if (stored === undefined || stored.boot === boot) return stored;
  const size = await measureTree(rootOf(folder)).catch(() => undefined);
  if (size?.bytes !== stored.bytes || size.entries !== stored.entries) return undefined;
  await writeStoredImage(folder, { ...stored, boot });
  return stored;
}

/** Notes when the image was used last, for eviction. */
export async function touchStoredImage(folder: string, usedMs: number): Promise<void> {
  await utimes(join(folder, 'image.json'), usedMs / 1000, usedMs / 1000);
}

function parse(value: unknown): StoredImage | undefined {
  if (!isJsonObject(value)) return undefined;
  const { image, passwd, group, boot, bytes, entries } = value;
  if (typeof image !== 'string' || typeof passwd !== 'string' || typeof group !== 'string') return undefined;
  if (typeof boot !== 'string' || typeof bytes !== 'number' || typeof entries !== 'number') return undefined;
  return { image, passwd, group, boot, bytes, entries };
}
