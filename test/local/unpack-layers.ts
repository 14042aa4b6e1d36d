import { mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { digestOf } from '../../src/image/digest.ts';
import { LayerBudget } from '../../src/local/layers/layer-budget.ts';
import { defaultLayerLimits, type LayerLimits } from '../../src/local/layers/layer-limits.ts';
import { RootWriter } from '../../src/local/layers/root-writer.ts';
import { rawTar, type RawEntry } from './raw-tar.ts';

export interface UnpackedLayers {
  /** The folder around the root; nothing but the root may ever be in it. */
  readonly folder: string;
  readonly root: string;
  /** Every path below the root: `path/` for folders, `path -> target` for links, `path: content` for files. */
  list(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** Unpacks plain tar files as layers, lowest first, into a new folder. */
export async function unpackTars(
  tars: readonly Buffer[],
  limits: Partial<LayerLimits> = {},
  workingDir = '/',
): Promise<UnpackedLayers> {
  const folder = await mkdtemp(join(tmpdir(), 'unpack-test-'));
  const root = join(folder, 'root');
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true });
  };
  try {
    await mkdir(root);
    const writer = new RootWriter(root, new LayerBudget({ ...defaultLayerLimits, ...limits }));
    for (const tar of tars) await writer.apply(once(tar), digestOf(tar), new AbortController().signal);
    await writer.makeDirectories(workingDir);
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, root, list: async () => await list(root, ''), remove };
}

/** What the layers come to, as `list` tells it. */
export async function unpackedList(...layers: readonly (readonly RawEntry[])[]): Promise<readonly string[]> {
  const unpacked = await unpackTars(layers.map(rawTar));
  try {
    return await unpacked.list();
  } finally {
    await unpacked.remove();
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield bytes;
  await Promise.resolve();
}

async function list(root: string, below: string): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) lines.push(`${path}/`, ...(await list(root, path)));
    else if (entry.isSymbolicLink()) lines.push(`${path} -> ${await readlink(join(root, path))}`);
    else if (entry.isFile()) lines.push(`${path}: ${await readFile(join(root, path), 'utf8')}`);
    else lines.push(`${path} is something else`);
  }
  return lines.toSorted();
}
