import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { RunnerError } from '../../core/errors.ts';
import type { Provider } from './provider-config.ts';

/** One file, followed while it is replaced. */
interface ProviderFile {
  readonly path: string;
  current(): Promise<readonly Provider[]>;
}

const extensions: ReadonlySet<string> = new Set(['.json', '.yaml', '.yml']);

/**
 * The file itself, or those of a folder in the order of their names, as the kubelet takes them since Kubernetes 1.34: no
 * folders in it, and no other names.
 *
 * @throws RunnerError `CFG_OPTION` for a folder without any
 */
export async function listProviderFiles(path: string): Promise<readonly string[]> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory() !== true) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isDirectory() && extensions.has(extname(entry.name)));
  if (names.length > 0) return names.map(({ name }) => join(path, name)).toSorted();
  throw new RunnerError('CFG_OPTION', `${path} is a folder without .json, .yaml and .yml files`, {
    file: path,
    hint: 'Name the file of --image-credential-provider-config of the kubelet, or the folder that it is in.',
  });
}

/** The providers of several files, one after the other. */
export class ProviderFiles {
  readonly #files: readonly ProviderFile[];
  readonly #warn: (text: string) => void;
  #parts: readonly (readonly Provider[])[] = [];
  #all: readonly Provider[] = [];

  constructor(files: readonly ProviderFile[], warn: (text: string) => void) {
    this.#files = files;
    this.#warn = warn;
  }

  /**
   * The same list while no file has changed, and while two files have a provider of the same name.
   *
   * @throws RunnerError what a file throws; the first time `CFG_SHAPE` for such a name
   */
  async current(): Promise<readonly Provider[]> {
    const parts = await Promise.all(this.#files.map(async (file) => file.current()));
    if (parts.length === this.#parts.length && parts.every((part, at) => part === this.#parts[at])) return this.#all;
    const fault = this.#faultIn(parts);
    if (fault !== undefined && this.#parts.length === 0) throw fault;
    this.#parts = parts;
    if (fault === undefined) this.#all = parts.flat();
    else this.#warn(`${fault.message}; keeping what was read before`);
    return this.#all;
  }

  #faultIn(parts: readonly (readonly Provider[])[]): RunnerError | undefined {
    const places = new Map<string, string>();
    for (const [index, part] of parts.entries()) {
      const file = this.#files[index]?.path ?? '';
      for (const { name } of part) {
        const before = places.get(name);
        if (before !== undefined) {
          const message = `${file}: provider ${JSON.stringify(name)} is in ${before}, too`;
          return new RunnerError('CFG_SHAPE', message, { file, hint: 'Keep one of the two.' });
        }
        places.set(name, file);
      }
    }
    return undefined;
  }
}
