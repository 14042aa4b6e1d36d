import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '../../support/temp-folder.ts';

export const protocol = 'credentialprovider.kubelet.k8s.io/v1';

/** Image credential providers that are shell scripts, in a folder of their own. */
export interface ProviderPrograms {
  readonly folder: string;
  /** Writes the program; `$log` in the script is a file beside it. */
  write(name: string, script: string): Promise<void>;
  /** The images that a provider was asked about, in order. */
  asked(name: string): Promise<readonly string[]>;
  /** What a provider wrote into its `$log`; empty when nothing. */
  log(name: string): Promise<string>;
  remove(): Promise<void>;
}

export async function providerPrograms(scripts: Readonly<Record<string, string>> = {}): Promise<ProviderPrograms> {
  const folder = await tempFolder('providers');
  const logOf = (name: string): string => join(folder.path, `${name}.log`);
  const log = async (name: string): Promise<string> => readFile(logOf(name), 'utf8').catch(() => '');
  const write = async (name: string, script: string): Promise<void> => {
    const program = join(folder.path, name);
    await writeFile(program, `#!/bin/sh\nlog='${logOf(name)}'\n${script}\n`);
    await chmod(program, 0o755);
  };
  for (const [name, script] of Object.entries(scripts)) await write(name, script);
  return {
    folder: folder.path,
    write,
    log,
    asked: async (name) => [...(await log(name)).matchAll(/"image":"([^"]*)"/g)].map(([, image = '']) => image),
    remove: async () => folder.remove(),
  };
}

export interface Answer {
  readonly cacheKeyType?: string;
  /** Default: none. */
  readonly cacheDuration?: string;
  /** Key → user name and password. */
  readonly auth?: Readonly<Record<string, readonly [string, string]>>;
}

/** A script that notes each request, and answers. */
export function answering({ cacheKeyType = 'Registry', cacheDuration, auth = {} }: Answer): string {
  const logins: Record<string, unknown> = {};
  for (const [key, [username, password]] of Object.entries(auth)) logins[key] = { username, password };
  const response = {
    kind: 'CredentialProviderResponse',
    apiVersion: protocol,
    cacheKeyType,
    cacheDuration,
    auth: logins,
  };
  return `cat >> "$log"\ncat <<'END'\n${JSON.stringify(response)}\nEND`;
}

export interface ConfiguredProvider {
  readonly name: string;
  readonly matchImages: readonly string[];
  readonly defaultCacheDuration?: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}

/** The kubelet's file. */
export function providerConfig(...providers: readonly ConfiguredProvider[]): string {
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1',
    kind: 'CredentialProviderConfig',
    providers: providers.map((provider) => ({ defaultCacheDuration: '10m', apiVersion: protocol, ...provider })),
  });
}
