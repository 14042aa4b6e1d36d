import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeImage } from './node-images.ts';
import type { ContainerSpec } from './pod-spec.ts';

/** Who runs the container: the pod's word, else the image's, which may be a name of its /etc/passwd. */
export async function userOf(
  spec: ContainerSpec,
  image: NodeImage,
): Promise<{ readonly uid: number; readonly gid: number }> {
  const [user = '', group = ''] = image.user.split(':');
  const known = /^\d*$/.test(user) ? undefined : await passwdEntry(image.root, user);
  const uid = spec.user ?? known?.uid ?? Number(user || 0);
  const gid = spec.group ?? (group === '' ? (known?.gid ?? (spec.user === undefined ? uid : 0)) : Number(group) || 0);
  return { uid, gid };
}

async function passwdEntry(root: string, name: string): Promise<{ uid: number; gid: number }> {
  const text = await readFile(join(root, 'etc/passwd'), 'utf8').catch(() => '');
  const fields = text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([first]) => first === name);
  return { uid: Number(fields?.[2] ?? 0), gid: Number(fields?.[3] ?? 0) };
}
