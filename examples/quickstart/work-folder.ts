import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'krm-function-runner-quickstart-';

/**
 * A folder of its own for everything the quickstart writes. In the user's cache folder, because programs are started
 * from it and `/tmp` may forbid that or be small; in the temporary folder where there is no home to write to.
 */
export async function createWorkFolder(environment: NodeJS.ProcessEnv): Promise<string> {
  const configured = environment['XDG_CACHE_HOME'] ?? '';
  try {
    const cache = configured === '' ? join(homedir(), '.cache') : configured;
    await mkdir(cache, { recursive: true });
    return await mkdtemp(join(cache, prefix));
  } catch {
    return mkdtemp(join(tmpdir(), prefix));
  }
}

/** Removes it with all that is in it. */
export async function removeWorkFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
