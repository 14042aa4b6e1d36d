import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The devices of this machine that a function may use. */
export const functionDevices = ['null', 'zero', 'full', 'random', 'urandom'] as const;

const descriptorLinks = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
};

/**
 * Makes the folders that a sandbox mounts something on, whatever the image has in their place: a root that is read-only
 * cannot get them later.
 */
export async function makeMountPoints(root: string): Promise<void> {
  for (const name of ['dev', 'proc', 'tmp']) {
    await rm(join(root, name), { recursive: true, force: true });
    await mkdir(join(root, name), 0o755);
  }
  const devices = join(root, 'dev');
  await mkdir(join(devices, 'shm'), 0o755);
  for (const device of functionDevices) await writeFile(join(devices, device), '');
  await linkDescriptors(devices);
}

/** The names under which programs open their standard streams. */
export async function linkDescriptors(devices: string): Promise<void> {
  for (const [name, target] of Object.entries(descriptorLinks)) await symlink(target, join(devices, name));
}
