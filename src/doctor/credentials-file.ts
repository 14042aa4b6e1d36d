import type { Options } from '../config/options.ts';
import { type FileRead, readFirst } from '../core/mounted-file-read.ts';
import { type DockerConfig, parseDockerConfig } from '../credentials/docker-config.ts';
import { Keyring } from '../credentials/keyring.ts';

export interface CredentialsFile extends FileRead {
  readonly config: DockerConfig;
  readonly keyring: Keyring;
}

/** The file as the service would read it; undefined where it is off or not there. @throws {RunnerError} `CFG_*` */
export async function readCredentialsFile(options: Options): Promise<CredentialsFile | undefined> {
  if (!options.enablePrivateRegistries) return undefined;
  const read = await readFirst([options.registryAuthSecretPath], 'credentials');
  if (read === undefined) return undefined;
  const { bytes, path } = read;
  return { ...read, config: parseDockerConfig(bytes, path), keyring: Keyring.parse(bytes, path) };
}
