import type { Clock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import { toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { MountedFile } from '../core/mounted-file.ts';
import { parsePublicKeys, type VerificationKey } from './public-key.ts';

/** The keys in files that may be replaced while we run. */
export class KeyFiles {
  readonly #files: ReadonlyMap<string, MountedFile<readonly VerificationKey[]>>;

  private constructor(files: ReadonlyMap<string, MountedFile<readonly VerificationKey[]>>) {
    this.#files = files;
  }

  /** @throws RunnerError `CFG_OPTION` for a file that is not there or holds no public key */
  static async open(
    paths: Iterable<string>,
    parts: { readonly log: Log; readonly counters: Counters; readonly clock: Clock },
  ): Promise<KeyFiles> {
    const files = new Map<string, MountedFile<readonly VerificationKey[]>>();
    for (const path of new Set(paths)) {
      const file = new MountedFile({
        ...parts,
        paths: [path],
        parse: parsePublicKeys,
        initial: undefined,
        kind: 'verification key',
      });
      try {
        await file.load();
      } catch (thrown) {
        throw toRunnerError(thrown).with({ file: path, hint: 'Name files of public keys with --verify-images.' });
      }
      files.set(path, file);
    }
    return new KeyFiles(files);
  }

  /** As they are now; the last good ones of a file that is broken or gone. Each key once. */
  async current(paths: readonly string[]): Promise<readonly VerificationKey[]> {
    const lists = await Promise.all(paths.map(async (path) => (await this.#files.get(path)?.current()) ?? []));
    const byFingerprint = new Map(lists.flat().map((key) => [key.fingerprint, key]));
    return [...byFingerprint.values()];
  }
}
