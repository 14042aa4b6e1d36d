import { access, constants, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Sandboxes } from '../local/sandbox/sandboxes.ts';
import { storeDirectory } from '../local/store/store-directory.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { ok, problem, type Remark, warning } from './remark.ts';

const gibibyte = 1024 ** 3;

/** What runs functions on this machine. Tried in a temporary folder, so that the store stays as it is. */
export function sandboxCheck({ surroundings }: Patient): Check {
  const { environment, log } = surroundings;
  return {
    name: 'sandbox',
    timeoutMs: 30_000,
    run: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'function-runner-doctor-'));
      try {
        const sandboxes = new Sandboxes({ path: environment['PATH'] ?? '', directory, log });
        const { kind } = await sandboxes.current();
        return [ok('', `${kind} works`)];
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}

/** Where unpacked images are kept. */
export function storeCheck({ options, surroundings }: Patient): Check {
  const directory = options.imageStore === '' ? storeDirectory(surroundings.environment) : options.imageStore;
  return {
    name: 'image store',
    subject: directory,
    timeoutMs: 5000,
    run: async () => {
      const there = await nearestFolder(directory);
      const isWritable = await access(there, constants.W_OK | constants.X_OK).then(
        () => true,
        () => false,
      );
      if (!isWritable) {
        return [problem(directory, `${there} may not be written to`, 'Name a folder of your own by --image-store.')];
      }
      return [
        ok(directory, there === directory ? 'may be written to' : 'can be made'),
        await spaceRemark(directory, there, options.imageStoreSize),
      ];
    },
  };
}

/** The folder itself, else the one that it would be made in. */
async function nearestFolder(directory: string): Promise<string> {
  try {
    await access(directory);
    return directory;
  } catch {
    const parent = dirname(directory);
    return parent === directory ? directory : nearestFolder(parent);
  }
}

async function spaceRemark(directory: string, there: string, maxBytes: number): Promise<Remark> {
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  const shown = `${(free / gibibyte).toFixed(1)} GiB free, ${(maxBytes / gibibyte).toFixed(1)} GiB may be used`;
  if (free >= maxBytes) return ok(directory, shown);
  return warning(directory, shown, 'Make room, or lower --image-store-size; what is there already counts in both.');
}
