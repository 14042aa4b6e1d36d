import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { identify } from '../../core/mounted-file-read.ts';
import { Secret } from '../../core/secret.ts';
import { credentialHost } from '../../image/docker-hub.ts';
import type { Reference } from '../../image/reference.ts';
import { registryEndpoint, urlEndpoint, withTls } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import type { RegistryHosts } from '../mirrors/host-line.ts';
import { originHost } from '../registry-host.ts';
import type { RegistryHost } from '../registry-host.ts';
import type { HostTls } from '../trust/host-tls.ts';
import { folderNames } from './folder-names.ts';
import { readHostFolder } from './host-folder.ts';
import type { HostEntry } from './hosts-file.ts';
import { readHostTls } from './read-host-tls.ts';

export interface NodeHostsOptions {
  /** containerd's or Docker's certs.d. */
  readonly directory: string;
  readonly log: Log;
  readonly clock: Clock;
}

type Registry = Pick<Reference, 'domain' | 'apiHost'>;

interface Held {
  readonly hosts: readonly RegistryHost[];
  /** Beside the folders themselves, every file that was looked at. */
  readonly files: readonly string[];
  readonly identity: string;
  readonly checkedAtMs: number;
}

/** How long a look at the disk is believed. */
const checkIntervalMs = 1000;
const maxRegistries = 1000;

/** Whom the node itself would ask for an image: the folder that containerd or Docker reads, read anew when it changes. */
export class NodeHosts implements RegistryHosts {
  readonly #options: NodeHostsOptions;
  readonly #held = new Map<string, Promise<Held>>();

  constructor(options: NodeHostsOptions) {
    this.#options = options;
  }

  async hostsOf(registry: Registry): Promise<readonly RegistryHost[]> {
    const known = this.#held.get(registry.domain);
    const current = this.#current(registry, known);
    this.#held.delete(registry.domain);
    this.#held.set(registry.domain, current);
    const [oldest] = this.#held.keys();
    if (this.#held.size > maxRegistries && oldest !== undefined) this.#held.delete(oldest);
    return (await current).hosts;
  }

  async #current(registry: Registry, known: Promise<Held> | undefined): Promise<Held> {
    const held = await known?.catch(() => undefined);
    const checkedAtMs = this.#options.clock.now();
    if (held !== undefined && checkedAtMs - held.checkedAtMs < checkIntervalMs) return held;
    const places = folderNames(registry.domain).map((name) => join(this.#options.directory, name));
    // Looked at before they are read: what changes in between is noticed next time.
    const before = await identityOf(places);
    const identity = `${before}\n${held === undefined ? '' : await identityOf(held.files)}`;
    if (held?.identity === identity) return { ...held, checkedAtMs };
    const { hosts, files } = await this.#read(registry, places);
    if (held !== undefined)
      this.#options.log.info('registry configuration of the node changed', { registry: registry.domain });
    return { hosts, files, identity: `${before}\n${await identityOf(files)}`, checkedAtMs };
  }

  async #read(registry: Registry, folders: readonly string[]): Promise<Pick<Held, 'hosts' | 'files'>> {
    const { log } = this.#options;
    const folder = await firstFolder(folders);
    if (folder === undefined) return { hosts: [originHost(registry)], files: [] };
    const { entries, file } = await readHostFolder(folder, log);
    const hosts: RegistryHost[] = [];
    for (const [index, entry] of entries.entries()) {
      const host = await this.#host(registry, entry, index === entries.length - 1);
      if (host !== undefined) hosts.push(host);
    }
    const files = entries.flatMap(({ caFiles, clientPairs }) => [
      ...caFiles,
      ...clientPairs.flatMap(({ certificate, key }) => [certificate, key]),
    ]);
    log.debug('registry configuration of the node', { registry: registry.domain, folder, hosts: hosts.length });
    return { hosts, files: [file, ...files] };
  }

  /** A mirror whose files cannot be used is left out; the registry itself is asked without them. */
  async #host(registry: Registry, entry: HostEntry, isLast: boolean): Promise<RegistryHost | undefined> {
    try {
      return toHost(registry, entry, await readHostTls(entry));
    } catch (thrown) {
      const host = entry.url?.authority ?? registry.domain;
      const reason = thrown instanceof Error ? thrown.message : 'unknown';
      this.#options.log.warn('registry configuration of the node cannot be used', {
        registry: registry.domain,
        host,
        reason,
      });
      return isLast ? toHost(registry, entry, undefined) : undefined;
    }
  }
}

function toHost(registry: Registry, entry: HostEntry, tls: HostTls | undefined): RegistryHost {
  const { url, mayPull, mayResolve } = entry;
  const origin = originHost(registry);
  const isOrigin = url === undefined || isSameHost(url.authority, registry);
  return {
    identity: isOrigin ? 'origin' : 'elsewhere',
    endpoint: withTls(url === undefined ? origin.endpoint : endpointOf(url), tls),
    basePath: url?.basePath ?? origin.basePath,
    namespace: isOrigin ? undefined : registry.domain,
    headers: new Map([...entry.headers].map(([name, text]) => [name, new Secret(Buffer.from(text, 'latin1'))])),
    mayPull,
    mayResolve,
  };
}

function endpointOf({ scheme, authority }: NonNullable<HostEntry['url']>): Endpoint {
  const endpoint = urlEndpoint(new URL(`${scheme}://${authority}`));
  return scheme === 'http' ? { ...endpoint, plaintextAllowed: true } : endpoint;
}

/** By name and port, all names of Docker Hub being one. */
function isSameHost(authority: string, { domain, apiHost }: Registry): boolean {
  const port = (host: string): number => registryEndpoint(host).port ?? 443;
  const name = (host: string): string => credentialHost(registryEndpoint(host).hostname);
  return [domain, apiHost].some((host) => name(host) === name(authority) && port(host) === port(authority));
}

async function firstFolder(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const info = await stat(folder).catch(() => undefined);
    if (info?.isDirectory() === true) return folder;
  }
  return undefined;
}

async function identityOf(paths: readonly string[]): Promise<string> {
  return (await Promise.all(paths.map(async (path) => identify([path])))).join('\n');
}
