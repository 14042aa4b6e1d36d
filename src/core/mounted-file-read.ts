import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { RunnerError, type ErrorCode } from './errors.ts';

const maxBytes = 16 * 1024 * 1024;

const unreadable: Readonly<Record<string, ErrorCode>> = {
  credentials: 'CFG_JSON',
  ca: 'CFG_CA',
  functions: 'CFG_FUNCTIONS',
};

const hints: Readonly<Record<string, string>> = {
  credentials: 'Point --registry-auth-secret-path at a dockerconfigjson, a regular file that can be read.',
  'credential-providers':
    'Point --image-credential-provider-config at a CredentialProviderConfig, a regular file that can be read.',
  ca: 'Point --tls-secret-path at a folder with ca.crt or ca.pem, a regular file that can be read.',
};

export interface FileRead {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Equal to what {@link identify} gives while the file stays as it was read. */
  readonly identity: string;
  /**
   * When this content was put there, in whole milliseconds since the epoch: the modification time of what `..data` points
   * to, where the kubelet mounts a secret, else that of the file.
   */
  readonly swappedAtMs: number;
}

/** Which version of which of the paths is there now: changes with every swap, rewrite or removal. */
export async function identify(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    try {
      return identityOf(path, await stat(path, { bigint: true }));
    } catch (thrown) {
      if (!isAbsent(thrown)) return `${path} unreadable ${codeOf(thrown)}`;
    }
  }
  return 'missing';
}

/**
 * Reads the first path that exists through one handle, so that content and identity belong together.
 *
 * @throws RunnerError `CFG_…`, by kind, when something is there but cannot be read as a file
 */
export async function readFirst(paths: readonly string[], kind: string): Promise<FileRead | undefined> {
  for (const path of paths) {
    const handle = await openIfPresent(path, kind);
    if (handle === undefined) continue;
    try {
      return await readAll(handle, path, kind);
    } finally {
      await handle.close();
    }
  }
  return undefined;
}

/** Without waiting for a writer, should the path be a pipe. */
async function openIfPresent(path: string, kind: string): Promise<FileHandle | undefined> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw fault(path, kind, info.isDirectory() ? 'is a directory' : 'is not a regular file');
    return await open(path, 'r');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOTDIR') throw fault(dirname(path), kind, 'is a file where a folder is needed');
    if (isAbsent(thrown)) return undefined;
    throw thrown instanceof RunnerError ? thrown : fault(path, kind, `cannot be read (${codeOf(thrown)})`);
  }
}

async function readAll(handle: FileHandle, path: string, kind: string): Promise<FileRead> {
  const info = await handle.stat({ bigint: true });
  if (info.size > maxBytes) throw fault(path, kind, `is larger than ${String(maxBytes)} bytes`);
  const bytes = await handle.readFile();
  return { path, bytes, identity: identityOf(path, info), swappedAtMs: await swapTime(path, info) };
}

/** The folder counts only while the file that was read is still in it: a later swap's time is not that of older content. */
async function swapTime(path: string, { dev, ino, mtimeMs }: BigIntStats): Promise<number> {
  try {
    const folder = await realpath(join(dirname(path), '..data'));
    const swapped = await stat(folder, { bigint: true });
    const inside = await stat(join(folder, basename(path)), { bigint: true });
    if (inside.dev === dev && inside.ino === ino) return Number(swapped.mtimeMs);
  } catch {
    // Not mounted by a kubelet, or swapped just now.
  }
  return Number(mtimeMs);
}

function identityOf(path: string, info: BigIntStats): string {
  return [path, info.dev, info.ino, info.size, info.mtimeNs, info.ctimeNs].join(' ');
}

function isAbsent(thrown: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(thrown));
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
}

function fault(path: string, kind: string, problem: string): RunnerError {
  return new RunnerError(unreadable[kind] ?? 'CFG_OPTION', `${path} ${problem}`, {
    file: path,
    hint: hints[kind] ?? 'Name a regular file that can be read.',
  });
}
