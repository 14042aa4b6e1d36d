import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Lays a secret out as the kubelet mounts it: the files in a folder with the time in its name, `..data` a link to that
 * folder, and each file a link through `..data`, so that all change at once when the secret does.
 */
export async function mountSecret(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const version = `..${new Date().toISOString().replace(/[-:T]/g, '_').slice(0, 19)}.000000001`;
  await mkdir(join(folder, version), { recursive: true, mode: 0o700 });
  await symlink(version, join(folder, '..data'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, version, name), content, { mode: 0o600 });
    await symlink(join('..data', name), join(folder, name));
  }
}

/** The content of a `kubernetes.io/dockerconfigjson` secret for one registry. */
export function dockerConfigJson(registry: string, username: string, password: string): string {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  return JSON.stringify({ auths: { [registry]: { auth } } });
}
