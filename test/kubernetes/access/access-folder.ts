import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type TempFolder, tempFolder } from '../../support/temp-folder.ts';

export interface KubeconfigParts {
  readonly cluster?: object;
  readonly user?: object;
  /** Of the context. */
  readonly namespace?: string;
}

/** A folder with kubeconfigs and what they name. */
export class AccessFolder {
  readonly #folder: TempFolder;

  constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  static async make(): Promise<AccessFolder> {
    return new AccessFolder(await tempFolder('access'));
  }

  get path(): string {
    return this.#folder.path;
  }

  /** Gives its path. */
  async file(name: string, content: string, mode = 0o600): Promise<string> {
    const path = join(this.path, name);
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  }

  async read(name: string): Promise<string> {
    return readFile(join(this.path, name), 'utf8');
  }

  /** One context `here` with one cluster and one user. Gives its path. */
  async kubeconfig({ cluster = {}, user = {}, namespace }: KubeconfigParts, name = 'config'): Promise<string> {
    const context = { cluster: 'one', user: 'me', ...(namespace !== undefined && { namespace }) };
    return this.file(
      name,
      stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'here',
        contexts: [{ name: 'here', context }],
        clusters: [{ name: 'one', cluster: { server: 'https://cluster.example:6443', ...cluster } }],
        users: [{ name: 'me', user }],
      }),
    );
  }

  async remove(): Promise<void> {
    await this.#folder.remove();
  }
}
