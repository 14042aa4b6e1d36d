import { execFile } from 'node:child_process';
import { chmod, chown, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { RunnerError } from '../../core/errors.ts';
import { functionDevices, linkDescriptors } from './mount-points.ts';

const run = promisify(execFile);
/** `nobody`: anyone but whom functions run as. */
const owner = 65534;

/** Whether functions would own the device nodes of this machine, and could take them away from everybody. */
export async function ownsHostDevices(): Promise<boolean> {
  const { uid } = await stat('/dev/null');
  return uid === process.geteuid?.();
}

/**
 * A folder with device nodes that the function can use and not change, made once. Only root needs it, and may do it.
 *
 * @throws RunnerError `SANDBOX_UNAVAILABLE`
 */
export async function deviceFolder(store: string): Promise<string> {
  const folder = join(store, 'devices');
  const fresh = `${folder}.${String(process.pid)}`;
  try {
    if (await isUsable(folder)) return folder;
    await rm(fresh, { recursive: true, force: true });
    await makeDevices(fresh);
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
    if (await isUsable(folder)) return folder;
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw noDevices(store, error);
  }
  throw noDevices(store, new Error('the device nodes there cannot be opened'));
}

async function makeDevices(folder: string): Promise<void> {
  await mkdir(join(folder, 'shm'), { recursive: true });
  for (const device of functionDevices) {
    const path = join(folder, device);
    const { rdev } = await stat(`/dev/${device}`);
    await run('mknod', ['-m', '666', path, 'c', String(major(rdev)), String(minor(rdev))]);
    await chown(path, owner, owner);
  }
  await linkDescriptors(folder);
  // Set here and not by mkdir, because the umask must not keep functions out.
  for (const each of [join(folder, 'shm'), folder]) await chmod(each, 0o755);
  await chown(folder, owner, owner);
}

async function isUsable(folder: string): Promise<boolean> {
  try {
    for (const device of functionDevices) {
      const path = join(folder, device);
      const [ours, hosts] = await Promise.all([lstat(path), stat(`/dev/${device}`)]);
      if (!ours.isCharacterDevice() || ours.rdev !== hosts.rdev || ours.uid !== owner) return false;
      await using file = await open(path, 'r');
      await file.stat();
    }
    return (await lstat(folder)).uid === owner;
  } catch {
    return false;
  }
}

/** makedev(3), for the numbers that Linux gives to memory devices. */
function major(device: number): number {
  return (device >>> 8) & 0xfff;
}

function minor(device: number): number {
  return device & 0xff;
}

function noDevices(store: string, cause: unknown): RunnerError {
  return new RunnerError('SANDBOX_UNAVAILABLE', `root cannot make device nodes in ${store}`, {
    cause,
    hint: 'Run as an ordinary user, or point --image-store at a file system that allows device nodes.',
  });
}
