import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../program.ts';
import { tempFolder } from '../temp-folder.ts';

const basesScript = fileURLToPath(new URL('bases.sh', import.meta.url));
const project = fileURLToPath(new URL('../../..', import.meta.url));
const nodePath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin';
const bases = { BASE_IMAGE: 'localhost/base', NODE_IMAGE: 'localhost/node', GO_IMAGE: 'localhost/node' };

/** What making the bases and building both images may take on a new machine. */
export const imagesTimeoutMs = 900_000;

export type ImageTarget = 'runner' | 'wrapper';

/** Images of the Dockerfile, in a storage of their own. */
export interface ImageStorage {
  /** Folder with the unpacked root of the image, which may be changed; each call gives a new one. */
  root(target: ImageTarget): Promise<string>;
  /** Output of `buildah inspect` as JSON text. */
  inspect(target: ImageTarget): Promise<string>;
  remove(): Promise<void>;
}

/** Builds both images on bases of this machine. Needs buildah, debootstrap, Go and root. */
export async function buildImages(): Promise<ImageStorage> {
  const folder = await tempFolder('images');
  const policy = join(folder.path, 'policy.json');
  await writeFile(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
  const storage = ['--root', join(folder.path, 'root'), '--runroot', join(folder.path, 'run'), '--storage-driver=vfs'];

  async function buildah(...args: readonly string[]): Promise<string> {
    return await succeed('buildah', [...storage, ...args]);
  }

  async function commit(container: string, name: string, archive: string): Promise<void> {
    await buildah('add', '--quiet', container, archive, '/');
    await buildah('commit', '--quiet', `--signature-policy=${policy}`, container, name);
  }

  try {
    const archives = await succeed('sh', [basesScript]);
    const container = await buildah('from', 'scratch');
    await commit(container, bases.BASE_IMAGE, join(archives, 'base.tar'));
    const certificates = 'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt';
    await buildah('config', `--env=${certificates}`, `--env=PATH=${nodePath}`, container);
    await commit(container, bases.NODE_IMAGE, join(archives, 'node.tar'));
    await buildah('rm', container);
    const options = [`--signature-policy=${policy}`, '--isolation=chroot', '--pull-never', ...(await volumes())];
    const args = Object.entries(bases).map(([name, value]) => `--build-arg=${name}=${value}`);
    for (const target of ['wrapper', 'runner']) {
      await buildah('build', ...options, ...args, `--target=${target}`, `--tag=localhost/${target}`, project);
    }
  } catch (error) {
    await folder.remove();
    throw error;
  }
  return {
    root: async (target) => await buildah('mount', await buildah('from', '--pull-never', `localhost/${target}`)),
    inspect: async (target) => await buildah('inspect', '--type=image', `localhost/${target}`),
    remove: async () => {
      await buildah('rm', '--all');
      await folder.remove();
    },
  };
}

/** What build steps use of this machine: Go with its caches, and how npm reaches its registry. */
async function volumes(): Promise<readonly string[]> {
  const go = await succeed('go', ['-C', resolve(project, 'wrapper'), 'env', 'GOROOT', 'GOCACHE', 'GOMODCACHE']);
  const [root = '', cache = '', modules = ''] = go.split('\n');
  await Promise.all([mkdir(cache, { recursive: true }), mkdir(modules, { recursive: true })]);
  const mounted = [`${root}:/usr/local/go:ro`, `${cache}:/root/.cache/go-build`, `${modules}:/root/go/pkg/mod`];
  const npmrc = join(homedir(), '.npmrc');
  if (existsSync(npmrc)) mounted.push(`${npmrc}:/root/.npmrc:ro`);
  return mounted.map((volume) => `--volume=${volume}`);
}

async function succeed(command: string, args: readonly string[]): Promise<string> {
  // An empty one counts as none: buildah wants the file of any other to be there.
  const run = await runProgram(command, args, { env: { DOCKER_CONFIG: '' }, timeoutMs: imagesTimeoutMs });
  if (run.exitCode !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${run.stdout}${run.stderr}`);
  return run.stdout.trim();
}
