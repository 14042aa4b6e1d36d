import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createAuthority } from '../../examples/registry/certificates.ts';
import type { Authority, KeyPair } from '../../examples/registry/certificates.ts';
import { buildImage } from '../../examples/registry/image.ts';
import type { Blob, Image } from '../../examples/registry/image.ts';
import { buildLayer } from '../../examples/registry/layer.ts';
import { systemPath, systemPrograms, toolFiles } from '../local/tool-files.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry, DockerRegistryOptions } from '../support/docker-registry.ts';
import { writeImageFolder } from '../support/image-folder.ts';
import { dockerConfigJson, mountSecret } from '../support/mounted-secret.ts';
import { startService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';
import { skopeoPush } from '../support/skopeo.ts';
import type { RegistryAccess } from '../support/skopeo.ts';
import { tempFolder } from '../support/temp-folder.ts';

const user = { name: 'robot', password: 'of-the-origin' };

/** A docker-registry and the folder with its content. */
export interface Mirror {
  readonly registry: DockerRegistry;
  /** Puts other bytes where the registry keeps a blob or manifest; it does not look again. */
  replace(blob: Blob, bytes: Uint8Array): Promise<void>;
}

/** docker-registry behind a login and TLS with an image in it, and services on nodes whose containerd knows mirrors of it. */
export class MirrorStage implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly ca: Authority;
  readonly image: Image;
  readonly origin: DockerRegistry;
  readonly #tls: KeyPair;

  private constructor(ca: Authority, tls: KeyPair, image: Image, origin: DockerRegistry) {
    this.ca = ca;
    this.#tls = tls;
    this.image = image;
    this.origin = origin;
    this.#stack.defer(async () => origin.stop());
  }

  static async create(): Promise<MirrorStage> {
    const ca = await createAuthority({ name: 'Company CA' });
    const tls = await ca.issue({ ipAddresses: ['127.0.0.1'] });
    const tools = await buildLayer(await toolFiles(await systemPrograms('sh', 'cat')));
    const image = await buildImage({ layers: [tools], entrypoint: ['sh', '-c', 'cat'] });
    const origin = await startDockerRegistry({ tls, users: { [user.name]: user.password } });
    const stage = new MirrorStage(ca, tls, image, origin);
    await push(image, { authority: origin.authority, caPem: ca.certificatePem, user });
    return stage;
  }

  get name(): string {
    return `${this.origin.authority}/team/fn:v1`;
  }

  /** A mirror with the image, or another one, under the same name. */
  async mirror({
    image = this.image,
    options = {},
    access = {},
  }: {
    readonly image?: Image;
    readonly options?: DockerRegistryOptions;
    readonly access?: Partial<RegistryAccess>;
  } = {}): Promise<Mirror> {
    const folder = await tempFolder('mirror');
    this.#stack.defer(async () => folder.remove());
    const registry = await startDockerRegistry({ tls: this.#tls, dataDir: folder.path, ...options });
    this.#stack.defer(async () => registry.stop());
    await push(image, { authority: registry.authority, caPem: this.ca.certificatePem, ...access });
    return {
      registry,
      replace: async ({ digest }, bytes) => {
        const hex = digest.replace('sha256:', '');
        await writeFile(join(folder.path, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data'), bytes);
      },
    };
  }

  /** A login wanted of the mirror that is the origin's own. */
  async jealousMirror(): Promise<Mirror> {
    return this.mirror({ options: { users: { [user.name]: user.password } }, access: { user } });
  }

  /** Runs a cold service on a node with this hosts.toml for the origin and these files beside it. */
  async use<T>(
    hostsToml: string,
    work: (service: TestService) => Promise<T>,
    files: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    await using stack = new AsyncDisposableStack();
    const node = await tempFolder('node');
    stack.defer(async () => node.remove());
    const hosts = join(node.path, 'certs.d', this.origin.authority);
    await mkdir(hosts, { recursive: true });
    for (const [name, text] of Object.entries({ ...files, 'hosts.toml': hostsToml }))
      await writeFile(join(hosts, name), text);
    const login = dockerConfigJson({ [this.origin.authority]: `${user.name}:${user.password}` });
    const secret = await mountSecret({ '.dockerconfigjson': login, 'ca.crt': this.ca.certificatePem });
    stack.defer(async () => secret.remove());
    const service = await startService({
      flags: [
        '--enable-private-registries',
        `--registry-auth-secret-path=${secret.file('.dockerconfigjson')}`,
        '--enable-private-registries-tls',
        `--tls-secret-path=${secret.path}`,
        `--registry-hosts-dir=${join(node.path, 'certs.d')}`,
        `--image-store=${join(node.path, 'store')}`,
      ],
      overrides: { environment: { PATH: systemPath } },
    });
    stack.defer(async () => service.stop());
    return await work(service);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function push(image: Image, access: RegistryAccess): Promise<void> {
  const folder = await tempFolder('image');
  await writeImageFolder(folder.path, image);
  await skopeoPush(folder.path, 'team/fn:v1', access);
  await folder.remove();
}
