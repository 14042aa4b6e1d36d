import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../program.ts';
import type { RegistryAccess } from '../skopeo.ts';
import { tempFolder } from '../temp-folder.ts';
import { cosignProgram } from './cosign-program.ts';

/** A key pair of cosign's. */
export interface SigningKey {
  readonly publicPem: string;
  /** File of the private key, under cosign's password. */
  readonly file: string;
}

/** Where a signature is put: under a tag of cosign's, or as a referrer, in cosign's own form or as a sigstore bundle. */
export type SigningScheme = 'tag' | 'referrers' | 'bundle';

/** The real cosign, offline, that reaches one registry. */
export interface Cosign {
  generateKey(): Promise<SigningKey>;
  /** @param pem PKCS #8 */
  importKey(pem: string): Promise<SigningKey>;
  /** @param image by digest */
  sign(image: string, key: SigningKey, scheme?: SigningScheme): Promise<void>;
  remove(): Promise<void>;
}

const schemeFlags: Readonly<Record<SigningScheme, readonly string[]>> = {
  tag: [],
  referrers: ['--registry-referrers-mode=oci-1-1'],
  bundle: ['--new-bundle-format'],
};

export async function startCosign(access: RegistryAccess): Promise<Cosign> {
  const program = await cosignProgram();
  const folder = await tempFolder('cosign');
  const caFile = join(folder.path, 'ca.crt');
  await writeFile(caFile, access.caPem ?? '');
  await writeFile(join(folder.path, 'config.json'), JSON.stringify({ auths: authsOf(access) }));
  const env = { DOCKER_CONFIG: folder.path, COSIGN_PASSWORD: 'of-the-key', COSIGN_EXPERIMENTAL: '1' };
  let keys = 0;

  async function run(...args: readonly string[]): Promise<void> {
    const result = await runProgram(program, args, { env, cwd: folder.path });
    if (result.exitCode !== 0) throw new Error(`cosign ${args[0] ?? ''} failed: ${result.stderr.trim()}`);
  }

  async function newKey(make: (prefix: string) => readonly string[]): Promise<SigningKey> {
    keys += 1;
    const prefix = join(folder.path, `key-${String(keys)}`);
    await run(...make(prefix), `--output-key-prefix=${prefix}`);
    return { publicPem: await readFile(`${prefix}.pub`, 'utf8'), file: `${prefix}.key` };
  }

  return {
    generateKey: async () => newKey(() => ['generate-key-pair']),
    importKey: async (pem) => {
      await mkdir(join(folder.path, 'imported'), { recursive: true });
      const file = join(folder.path, 'imported', 'key.pem');
      await writeFile(file, pem);
      return newKey(() => ['import-key-pair', `--key=${file}`]);
    },
    sign: async (image, { file }, scheme = 'tag') =>
      run('sign', `--key=${file}`, '--tlog-upload=false', `--registry-cacert=${caFile}`, ...schemeFlags[scheme], image),
    remove: async () => folder.remove(),
  };
}

function authsOf({ authority, user }: RegistryAccess): Record<string, { auth: string }> {
  if (user === undefined) return {};
  return { [authority]: { auth: Buffer.from(`${user.name}:${user.password}`).toString('base64') } };
}
