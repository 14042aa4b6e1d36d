import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { jsonAt, jsonList } from '../json-at.ts';
import { runProgram } from '../program.ts';
import { pullMessage } from './pull-message.ts';

/** How the node reaches a registry: its CA, or plaintext where there is none. Others are trusted by the machine's CAs. */
export interface NodeRegistry {
  /** `host:port`. */
  readonly authority: string;
  readonly caPem?: string;
}

/** An image unpacked on the node. Nobody writes to its root. */
export interface NodeImage {
  readonly root: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  /** `sha256:…` of the manifest of this machine's platform. */
  readonly id: string;
}

/** One try to pull, with the content of one pull secret, or without any. */
export interface PullTry {
  readonly image: string;
  /** Name of the secret; empty without one. */
  readonly secret: string;
  readonly succeeded: boolean;
}

export interface PullCredentials {
  readonly secret: string;
  /** Content of a `.dockerconfigjson`. */
  readonly config: string;
}

/** A pull that failed, in the words of containerd. */
export class PullError extends Error {
  override readonly name = 'PullError';
}

/** The images of a node, pulled with skopeo, a client that shares nothing with the project. */
export class NodeImages {
  /** Every try of every pull, in order. */
  readonly tries: PullTry[] = [];
  readonly #folder: string;
  readonly #registries: readonly NodeRegistry[];
  readonly #present = new Map<string, NodeImage>();
  readonly #pulling = new Map<string, Promise<NodeImage>>();

  constructor(folder: string, registries: readonly NodeRegistry[]) {
    this.#folder = folder;
    this.#registries = registries;
  }

  get(image: string): NodeImage | undefined {
    return this.#present.get(image);
  }

  /** Tries the credentials in their order, and nothing without credentials unless there are none. @throws {PullError} */
  async pull(image: string, credentials: readonly PullCredentials[]): Promise<NodeImage> {
    const key = JSON.stringify([image, credentials]);
    const running = this.#pulling.get(key) ?? this.#pullWithAny(image, credentials);
    this.#pulling.set(key, running);
    try {
      return await running;
    } finally {
      this.#pulling.delete(key);
    }
  }

  async #pullWithAny(image: string, credentials: readonly PullCredentials[]): Promise<NodeImage> {
    let last = '';
    for (const one of credentials.length === 0 ? [undefined] : credentials) {
      const result = await this.#copy(image, one?.config ?? '{}');
      this.tries.push({ image, secret: one?.secret ?? '', succeeded: result.error === '' });
      if (result.error === '') {
        const unpacked = await unpack(result.folder);
        this.#present.set(image, unpacked);
        return unpacked;
      }
      last = result.error;
    }
    throw new PullError(pullMessage(image, last));
  }

  async #copy(image: string, authFile: string): Promise<{ readonly folder: string; readonly error: string }> {
    const name = createHash('sha256')
      .update(`${image}\n${String(this.tries.length)}\n${authFile}`)
      .digest('hex')
      .slice(0, 16);
    const work = join(this.#folder, name);
    const content = join(work, 'content');
    await mkdir(join(work, 'certificates'), { recursive: true });
    await writeFile(join(work, 'auth.json'), authFile, { mode: 0o600 });
    const registry = this.#registries.find(({ authority }) => image.startsWith(`${authority}/`));
    if (registry?.caPem !== undefined) await writeFile(join(work, 'certificates', 'ca.crt'), registry.caPem);
    const plain = registry !== undefined && registry.caPem === undefined;
    const source = withoutTagBesideDigest(image);
    const run = await runProgram(
      'skopeo',
      [
        '--insecure-policy',
        'copy',
        '--quiet',
        '--retry-times=0',
        '--dest-decompress',
        `--src-authfile=${join(work, 'auth.json')}`,
        plain ? '--src-tls-verify=false' : `--src-cert-dir=${join(work, 'certificates')}`,
        `docker://${source}`,
        `dir:${content}`,
      ],
      { timeoutMs: 60_000 },
    );
    await rm(join(work, 'auth.json'));
    return { folder: work, error: run.exitCode === 0 ? '' : run.stderr.trim() || 'skopeo failed' };
  }
}

/** skopeo refuses a name with both. */
function withoutTagBesideDigest(image: string): string {
  return image.replace(/:[^:/@]+@/, '@');
}

async function unpack(work: string): Promise<NodeImage> {
  const content = join(work, 'content');
  const manifest = await jsonFile(join(content, 'manifest.json'));
  const blob = (descriptor: unknown): string =>
    join(content, String(jsonAt(descriptor, 'digest')).replace('sha256:', ''));
  const config = await jsonFile(blob(jsonAt(manifest, 'config')));
  const root = join(work, 'root');
  await mkdir(root);
  for (const layer of jsonList(manifest, 'layers')) await addLayer(root, blob(layer));
  const texts = (name: string): readonly string[] => jsonList(config, 'config', name).map(String);
  const text = (name: string): string => {
    const value = jsonAt(config, 'config', name);
    return typeof value === 'string' ? value : '';
  };
  const bytes = await readFile(join(content, 'manifest.json'));
  await rm(content, { recursive: true });
  return {
    root,
    entrypoint: texts('Entrypoint'),
    cmd: texts('Cmd'),
    env: texts('Env'),
    workingDir: text('WorkingDir'),
    user: text('User'),
    id: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  };
}

/** Whiteouts first, then the files. https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts */
async function addLayer(root: string, tar: string): Promise<void> {
  const list = await runProgram('tar', ['-tf', tar]);
  for (const path of list.stdout.split('\n').filter((line) => basename(line).startsWith('.wh.'))) {
    const folder = join(root, dirname(path));
    if (basename(path) === '.wh..wh..opq') {
      for (const name of await readdir(folder).catch(() => [])) await rm(join(folder, name), { recursive: true });
    } else {
      await rm(join(folder, basename(path).slice('.wh.'.length)), { recursive: true, force: true });
    }
  }
  const run = await runProgram('tar', ['-xf', tar, '-C', root, '--exclude=.wh.*', '--numeric-owner'], {
    timeoutMs: 60_000,
  });
  if (run.exitCode !== 0) throw new Error(`tar: ${run.stderr}`);
}

async function jsonFile(path: string): Promise<unknown> {
  const value: unknown = JSON.parse(await readFile(path, 'utf8'));
  return value;
}
