import { createAuthority } from '../../examples/registry/certificates.ts';
import type { KeyPair } from '../../examples/registry/certificates.ts';
import { buildImage, buildIndex } from '../../examples/registry/image.ts';
import type { Image, ImageIndex } from '../../examples/registry/image.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { writeImageFolder } from '../support/image-folder.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { dockerConfigJson, mountSecret } from '../support/mounted-secret.ts';
import { resolveCommand } from '../support/resolve-command.ts';
import type { ResolveAnswer } from '../support/resolve-command.ts';
import { skopeoPush } from '../support/skopeo.ts';
import type { RegistryAccess } from '../support/skopeo.ts';
import { tempFolder } from '../support/temp-folder.ts';

export const login = { name: 'robot$runner', password: 'a:b::c$"é' };
/** An OCI index for amd64 and arm64. */
export const indexName = 'team/set-labels:v1';
/** A Docker manifest for amd64, without an index. */
export const singleName = 'team/plain:v2';

/** docker-registry with a certificate of a private CA, a password with colons, and both images; and the secrets to reach it. */
export interface GuardedRegistry {
  readonly authority: string;
  readonly access: RegistryAccess;
  readonly caFile: string;
  /** A server certificate of the private CA. */
  issueFor(ipAddress: string): Promise<KeyPair>;
  /** Runs `function-runner resolve image` with the secrets mounted; a flag in `flags` replaces the one set for that. */
  resolve(image: string, flags?: readonly string[], options?: ResolveOptions): Promise<ResolveAnswer>;
  stop(): Promise<void>;
}

interface ResolveOptions {
  readonly output?: 'json' | 'text';
  readonly env?: Readonly<Record<string, string>>;
}

export async function startGuardedRegistry(): Promise<GuardedRegistry> {
  const ca = await createAuthority({ name: 'Company CA' });
  const issueFor = async (ipAddress: string): Promise<KeyPair> => ca.issue({ ipAddresses: [ipAddress] });
  const registry = await startDockerRegistry({
    tls: await issueFor('127.0.0.1'),
    users: { [login.name]: login.password },
  });
  const access = { authority: registry.authority, caPem: ca.certificatePem, user: login };
  await pushImages(access);
  const auth = await mountSecret({
    '.dockerconfigjson': dockerConfigJson({ [registry.authority]: `${login.name}:${login.password}` }),
  });
  const tls = await mountSecret({ 'ca.crt': ca.certificatePem });
  const mounted = [
    '--enable-private-registries',
    `--registry-auth-secret-path=${auth.file('.dockerconfigjson')}`,
    '--enable-private-registries-tls',
    `--tls-secret-path=${tls.path}`,
    '--image-platform=linux/amd64',
  ];
  return {
    authority: registry.authority,
    access,
    caFile: tls.file('ca.crt'),
    issueFor,
    resolve: async (image, flags = [], { output, env } = {}) => {
      const replaced = new Set(flags.map(flagName));
      return resolveCommand([image, ...mounted.filter((flag) => !replaced.has(flagName(flag))), ...flags], output, env);
    },
    stop: async () => {
      await registry.stop();
      await auth.remove();
      await tls.remove();
    },
  };
}

/** Has skopeo push both images. */
export async function pushImages(access: RegistryAccess): Promise<void> {
  const options = {
    entrypoint: ['/usr/bin/set-labels', '--strict'],
    cmd: ['--label', 'a=b c'],
    env: ['PATH=/usr/bin', 'MODE=a=b'],
    workingDir: '/work',
    user: '1000:1000',
  };
  const amd64 = { os: 'linux', architecture: 'amd64' };
  const arm64 = { os: 'linux', architecture: 'arm64' };
  const images = [await buildImage({ ...options, platform: amd64 }), await buildImage({ ...options, platform: arm64 })];
  await push(buildIndex(images), indexName, access);
  const single = await buildImage({ format: 'docker', cmd: ['/bin/run', 'now'], platform: amd64 });
  await push(single, singleName, access);
}

async function push(image: Image | ImageIndex, name: string, access: RegistryAccess): Promise<void> {
  const folder = await tempFolder('image');
  await writeImageFolder(folder.path, image);
  await skopeoPush(folder.path, name, access);
  await folder.remove();
}

/** `step outcome` of each attempt of an answer or a failure. */
export function stepsOf(answer: unknown): readonly string[] {
  return jsonList(answer, 'attempts').map(
    (item) => `${String(jsonAt(item, 'step'))} ${String(jsonAt(item, 'outcome'))}`,
  );
}

function flagName(flag: string): string {
  return flag.split('=')[0] ?? flag;
}
