import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runProgram } from './program.ts';
import { tempFolder } from './temp-folder.ts';

/** What the plugin is to answer, in the fields of a CredentialProviderResponse. */
export interface PluginAnswer {
  readonly cacheKeyType: 'Image' | 'Registry' | 'Global';
  /** A Go duration; without it the kubelet's configuration counts. */
  readonly cacheDuration?: string;
  readonly auth: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
}

/** An image credential provider in Go, made of the types that the kubelet publishes. */
export interface ProviderPlugin {
  readonly name: string;
  /** The folder of its program. */
  readonly binDir: string;
  readonly args: readonly string[];
  answerWith(answer: PluginAnswer): Promise<void>;
  /** The image of each run so far. */
  runs(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** Builds it; the first time on a machine that takes up to a minute. */
export async function providerPlugin(): Promise<ProviderPlugin> {
  const folder = await tempFolder('provider-plugin');
  const name = 'provider-plugin';
  const { exitCode, stderr } = await runProgram('go', ['build', '-o', join(folder.path, name), '.'], {
    cwd: resolve('test/support/provider-plugin'),
    env: { GOFLAGS: '-mod=readonly -buildvcs=false', CGO_ENABLED: '0' },
    timeoutMs: 400_000,
  });
  if (exitCode !== 0) throw new Error(`cannot build the plugin: ${stderr}`);
  const settings = join(folder.path, 'settings.json');
  const log = join(folder.path, 'runs.log');
  return {
    name,
    binDir: folder.path,
    args: [settings],
    answerWith: async (answer) => writeFile(settings, JSON.stringify({ log, ...answer })),
    runs: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    remove: async () => folder.remove(),
  };
}
