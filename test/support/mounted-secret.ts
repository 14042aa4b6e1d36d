import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from './temp-folder.ts';

/** A folder as the kubelet mounts a secret: every file a link through `..data`, swapped all at once. */
export interface MountedSecret {
  readonly path: string;
  /** Absolute path of one of its files. */
  file(name: string): string;
  /** Puts other contents under the same names, in one step, as the kubelet does when the secret changes. */
  swap(files: Readonly<Record<string, string>>): Promise<void>;
  remove(): Promise<void>;
}

export async function mountSecret(files: Readonly<Record<string, string>>): Promise<MountedSecret> {
  const folder = await tempFolder('secret');
  let version = 0;
  const write = async (contents: Readonly<Record<string, string>>): Promise<void> => {
    version += 1;
    const name = `..2026_01_01_00_00_00.${String(version)}`;
    await mkdir(join(folder.path, name));
    for (const [file, text] of Object.entries(contents)) await writeFile(join(folder.path, name, file), text);
    await symlink(name, join(folder.path, '..data_tmp'));
    await rename(join(folder.path, '..data_tmp'), join(folder.path, '..data'));
  };
  await write(files);
  for (const file of Object.keys(files)) await symlink(join('..data', file), join(folder.path, file));
  return {
    path: folder.path,
    file: (name) => join(folder.path, name),
    swap: async (contents) => {
      const old = await readlink(join(folder.path, '..data'));
      await write(contents);
      await rm(join(folder.path, old), { recursive: true });
    },
    remove: async () => folder.remove(),
  };
}

/** The text of a `.dockerconfigjson` with one `auth` per key, each `user:password`. */
export function dockerConfigJson(logins: Readonly<Record<string, string>>): string {
  const auths: Record<string, { auth: string }> = {};
  for (const [key, login] of Object.entries(logins)) auths[key] = { auth: Buffer.from(login).toString('base64') };
  return JSON.stringify({ auths });
}
