import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, type LogValues, silentLog } from '../core/log.ts';
import { readHostFolder } from '../registry/node-hosts/host-folder.ts';
import type { HostEntry } from '../registry/node-hosts/hosts-file.ts';
import { readHostTls } from '../registry/node-hosts/read-host-tls.ts';
import { authorityRemarks, chainRemarks } from './certificate-remarks.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { failed, ok, problem, type Remark, skipped, warning } from './remark.ts';

const maxFolders = 200;

/** The node's own registry configuration: each registry's folder with the certificates in it. */
export function nodeRegistriesCheck({ options, nowMs }: Patient): Check {
  const directory = options.registryHostsDir;
  return {
    name: 'node registries',
    subject: directory,
    timeoutMs: 10_000,
    run: async () => {
      if (directory === '') return [skipped('', 'not used without --registry-hosts-dir')];
      const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined);
      if (entries === undefined) return [problem(directory, 'there is no such folder, or it cannot be read', mountIt)];
      const names = entries.filter((entry) => !entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
      if (names.length === 0) return [warning(directory, 'it has no folder of a registry', mountIt)];
      const remarks = names.slice(0, maxFolders).map(async (name) => folderRemarks(join(directory, name), name, nowMs));
      return (await Promise.all(remarks)).flat();
    },
  };
}

const mountIt = "Mount the node's folder there: /etc/containerd/certs.d, or /etc/docker/certs.d.";

async function folderRemarks(folder: string, registry: string, nowMs: number): Promise<readonly Remark[]> {
  const said: Remark[] = [];
  const { entries } = await readHostFolder(
    folder,
    listening((message, values) => {
      const reason = values['reason'] ?? values['error'];
      const why = typeof reason === 'string' ? `${message}: ${reason}` : message;
      said.push(problem(registry, why, `Correct ${folder}.`));
    }),
  );
  const hosts = entries.map(({ url }) => url?.authority ?? registry);
  const mirrors = hosts.slice(0, -1);
  const plan =
    mirrors.length === 0 ? `asked at ${hosts.join(', ')}` : `mirrors ${mirrors.join(', ')}, then ${hosts.at(-1) ?? ''}`;
  const files = await Promise.all(entries.map(async (entry) => entryRemarks(entry, registry, nowMs)));
  return [...(said.length === 0 ? [ok(registry, plan)] : said), ...files.flat()];
}

async function entryRemarks(entry: HostEntry, registry: string, nowMs: number): Promise<readonly Remark[]> {
  try {
    const tls = await readHostTls(entry);
    if (tls === undefined) return [];
    const skips = tls.skipVerify
      ? [warning(registry, 'its certificate is not verified (skip_verify)', 'Give it a ca.')]
      : [];
    const clients = tls.clientCertificates.flatMap(({ certificate }) => chainRemarks(registry, [certificate], nowMs));
    return [...skips, ...authorityRemarks(registry, tls.ca, nowMs), ...clients];
  } catch (thrown) {
    return [failed(registry, thrown)];
  }
}

/** Hears the warnings that the service would log. */
function listening(warn: (message: string, values: LogValues) => void): Log {
  const log: Log = {
    ...silentLog,
    warn: (message, values = {}) => {
      warn(message, values);
    },
    child: () => log,
  };
  return log;
}
