import type { ServerResponse } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { buildImage, type Blob, type Image } from '../../examples/registry/image.ts';
import type { AppOverrides } from '../../src/app-overrides.ts';
import { basicEntry, basicHeader, useService } from '../registry/protocol/use-service.ts';
import { sendBlob } from '../registry/protocol/image-content.ts';
import { type Handler, sendJson, startServer, type TestServer } from '../support/http-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TestService } from '../support/service.ts';
import { makeSigner, manifestOf, type SignedBlob, type Signer } from './made-signatures.ts';

const login = ['robot', 'origin-password'] as const;
const repository = 'team/fn';

/** What a host answers: path without query → content, or how else it answers. */
export type Answers = Map<string, Blob | Handler>;

/** A scripted registry behind a login with one image in it, and mirrors of it where a test starts them. */
export interface SignatureStage extends AsyncDisposable {
  readonly signer: Signer;
  readonly digest: string;
  /** `host:port/team/fn:v1` of the registry. */
  readonly image: string;
  readonly registry: TestServer;
  readonly answers: Answers;
  /** Another host with the image, and with nothing beside it unless `answers` says so. It is asked before the registry. */
  mirror(answers?: Answers): Promise<TestServer>;
  /** Runs a service that wants the image signed by `signer`. */
  use<T>(work: (service: TestService) => Promise<T>, overrides?: AppOverrides): Promise<T>;
}

/** The paths of signatures, by the tag scheme and as referrers. */
export const pathOf = {
  tag: (digest: string) => `/v2/${repository}/manifests/${digest.replace(':', '-')}.sig`,
  referrers: (digest: string) => `/v2/${repository}/referrers/${digest}`,
  fallback: (digest: string) => `/v2/${repository}/manifests/${digest.replace(':', '-')}`,
  manifest: ({ digest }: Blob) => `/v2/${repository}/manifests/${digest}`,
};

/** Adds blobs with the manifest that lists them. */
export function addSigned(answers: Answers, signed: readonly SignedBlob[], manifest = manifestOf(signed)): Blob {
  for (const { blob } of signed) answers.set(`/v2/${repository}/blobs/${blob.digest}`, blob);
  answers.set(pathOf.manifest(manifest), manifest);
  return manifest;
}

export async function setSignatureStage(): Promise<SignatureStage> {
  const stack = new AsyncDisposableStack();
  const authority = await createAuthority({ name: 'Company CA' });
  const tls = await authority.issue({ ipAddresses: ['127.0.0.1'] });
  const folder = await tempFolder('signatures');
  stack.defer(async () => folder.remove());
  const image = await buildImage({ entrypoint: ['/bin/fn'], platform: { os: 'linux', architecture: 'amd64' } });
  const signer = makeSigner();
  const keyFile = join(folder.path, 'cosign.pub');
  await writeFile(keyFile, signer.publicPem);
  const start = async (handler: Handler): Promise<TestServer> => {
    const server = await startServer(handler, { tls });
    stack.defer(async () => server.stop());
    return server;
  };
  const answers = answersFor(image);
  const registry = await start((request, response) => {
    if (request.headers.authorization === basicHeader(...login)) return answer(answers, request, response);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
  });
  const mirrors: string[] = [];
  return {
    signer,
    digest: image.manifest.digest,
    image: `${registry.authority}/${repository}:v1`,
    registry,
    answers,
    mirror: async (own = new Map()) => {
      const content = new Map([...answersFor(image), ...own]);
      const server = await start((request, response) => answer(content, request, response));
      mirrors.push(`[host."${server.url}"]\n`);
      const hosts = join(folder.path, 'certs.d', `127.0.0.1_${String(registry.port)}_`);
      await mkdir(hosts, { recursive: true });
      await writeFile(join(hosts, 'hosts.toml'), mirrors.join(''));
      return server;
    },
    use: async (work, overrides) =>
      useService(
        {
          caPem: authority.certificatePem,
          auths: { [registry.authority]: basicEntry(...login) },
          flags: [`--registry-hosts-dir=${join(folder.path, 'certs.d')}`, `--verify-images=${keyFile}`],
          ...(overrides === undefined ? {} : { overrides }),
        },
        work,
      ),
    [Symbol.asyncDispose]: async () => stack.disposeAsync(),
  };
}

export function answersFor({ manifest, blobs }: Image): Answers {
  return new Map<string, Blob>([
    [`/v2/${repository}/manifests/v1`, manifest],
    [pathOf.manifest(manifest), manifest],
    ...blobs.map((blob) => [`/v2/${repository}/blobs/${blob.digest}`, blob] as const),
  ]);
}

export function answer(
  answers: Answers,
  request: Parameters<Handler>[0],
  response: ServerResponse,
): ReturnType<Handler> {
  const found = answers.get(request.target.replace(/\?.*$/, ''));
  if (typeof found === 'function') return found(request, response);
  if (found !== undefined) sendBlob(response, found);
  else sendJson(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] });
}
