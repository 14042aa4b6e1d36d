import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './program.ts';
import { tempFolder } from './temp-folder.ts';

/** How skopeo reaches a registry. */
export interface RegistryAccess {
  /** `host:port`. */
  readonly authority: string;
  /** CA to trust; without it plain HTTP is spoken. */
  readonly caPem?: string;
  /** Shown where the registry asks for a client certificate. */
  readonly client?: { readonly certificatePem: string; readonly keyPem: string };
  readonly user?: { readonly name: string; readonly password: string };
}

/** Copies an image folder (image-folder.ts) to `authority/name` without changing any digest. */
export async function skopeoPush(folder: string, name: string, access: RegistryAccess): Promise<void> {
  const target = `docker://${access.authority}/${name}`;
  await withAccess(access, async (flags) =>
    skopeo(['copy', '--all', '--preserve-digests', ...flags('dest-'), `dir:${folder}`, target]),
  );
}

export interface SkopeoReport {
  /** Digest of what the name points at: `sha256:…` of the raw manifest. */
  readonly digest: string;
  /** The manifest or index as served. */
  readonly raw: string;
  /** The configuration blob of the machine's platform, as JSON text. */
  readonly config: string;
}

/** What skopeo, as an independent client, says of `authority/name` (`name` with tag or digest). */
export async function skopeoInspect(name: string, access: RegistryAccess): Promise<SkopeoReport> {
  const reference = `docker://${access.authority}/${name}`;
  return withAccess(access, async (flags) => ({
    digest: (await skopeo(['inspect', ...flags(''), '--no-tags', '--format', '{{.Digest}}', reference])).trim(),
    raw: await skopeo(['inspect', ...flags(''), '--raw', reference]),
    config: await skopeo(['inspect', ...flags(''), '--config', '--raw', reference]),
  }));
}

type Flags = (prefix: '' | 'dest-') => readonly string[];

async function withAccess<T>(access: RegistryAccess, use: (flags: Flags) => Promise<T>): Promise<T> {
  const folder = await tempFolder('skopeo');
  try {
    const certificates = join(folder.path, 'certificates');
    const authFile = join(folder.path, 'auth.json');
    await mkdir(certificates);
    if (access.caPem !== undefined) await writeFile(join(certificates, 'ca.crt'), access.caPem);
    if (access.client !== undefined) {
      await writeFile(join(certificates, 'client.cert'), access.client.certificatePem);
      await writeFile(join(certificates, 'client.key'), access.client.keyPem);
    }
    await writeFile(authFile, JSON.stringify({ auths: authsOf(access) }));
    return await use((prefix) => [
      ...(access.caPem === undefined ? [`--${prefix}tls-verify=false`] : [`--${prefix}cert-dir`, certificates]),
      '--authfile',
      authFile,
    ]);
  } finally {
    await folder.remove();
  }
}

function authsOf(access: RegistryAccess): Record<string, { auth: string }> {
  if (access.user === undefined) return {};
  const auth = Buffer.from(`${access.user.name}:${access.user.password}`).toString('base64');
  return { [access.authority]: { auth } };
}

async function skopeo(args: readonly string[]): Promise<string> {
  const result = await runProgram('skopeo', ['--insecure-policy', ...args]);
  if (result.exitCode !== 0) throw new Error(`skopeo ${args[0] ?? ''} failed: ${result.stderr.trim()}`);
  return result.stdout;
}
