import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { plainEntry } from './hosts-file.ts';
import type { HostEntry } from './hosts-file.ts';
import { parseHostsToml } from './parse-hosts-toml.ts';

export interface HostFolder {
  readonly entries: readonly HostEntry[];
  /** Its hosts.toml, whether it is there or not. */
  readonly file: string;
}

const maxFileBytes = 1024 * 1024;

/**
 * What a folder of certs.d says of its registry: its hosts.toml, or without a usable one the certificates that lie there as
 * Docker has them: `*.crt`, and `*.cert` with its `*.key` (registry-behaviour 5.10, MR6).
 */
export async function readHostFolder(folder: string, log: Log): Promise<HostFolder> {
  const file = join(folder, 'hosts.toml');
  const entries = await entriesOf(file, log);
  if (entries === undefined) return { entries: [plainEntry(await certificateFiles(folder))], file };
  return { entries: entries.map((entry) => inFolder(entry, folder)), file };
}

/** Undefined without a file that can be used. */
async function entriesOf(file: string, log: Log): Promise<readonly HostEntry[] | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readSmallFile(file);
  } catch (thrown) {
    if (!isAbsent(thrown)) log.warn('hosts.toml cannot be read', { file, reason: reasonOf(thrown) });
    return undefined;
  }
  if (bytes.length === 0) return undefined;
  try {
    return await parseHostsToml(bytes, file);
  } catch (thrown) {
    log.warn('hosts.toml cannot be used; taking the certificates beside it', { error: toRunnerError(thrown).message });
    return undefined;
  }
}

async function certificateFiles(folder: string): Promise<Pick<HostEntry, 'caFiles' | 'clientPairs'>> {
  const names = (await readdir(folder).catch(() => [])).toSorted((a, b) => a.localeCompare(b));
  const clients = names.filter((name) => name.endsWith('.cert'));
  return {
    caFiles: names.filter((name) => name.endsWith('.crt')).map((name) => join(folder, name)),
    clientPairs: clients.map((name) => ({
      certificate: join(folder, name),
      key: join(folder, `${basename(name, '.cert')}.key`),
    })),
  };
}

function inFolder(entry: HostEntry, folder: string): HostEntry {
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(folder, path));
  return {
    ...entry,
    caFiles: entry.caFiles.map(absolute),
    clientPairs: entry.clientPairs.map(({ certificate, key }) => ({
      certificate: absolute(certificate),
      key: absolute(key),
    })),
  };
}

/** @throws the file system's error, or one for what is no file of a sensible size */
export async function readSmallFile(path: string): Promise<Buffer> {
  const info = await stat(path);
  if (!info.isFile()) throw new Error('it is no regular file');
  if (info.size > maxFileBytes) throw new Error(`it is larger than ${String(maxFileBytes)} bytes`);
  return readFile(path);
}

export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown';
  return 'code' in thrown ? String(thrown.code) : thrown.message;
}

function isAbsent(thrown: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(reasonOf(thrown));
}
