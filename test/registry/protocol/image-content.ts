import type { ServerResponse } from 'node:http';

import { buildImage, buildIndex } from '../../../examples/registry/image.ts';
import type { Blob } from '../../../examples/registry/image.ts';
import { sendJson } from '../../support/http-server.ts';
import type { SeenRequest } from '../../support/http-server.ts';

/** The answers of a registry that holds one repository: request path → what is sent. */
export interface ImageContent {
  readonly repository: string;
  /** Of tag `v1`: one image. */
  readonly manifest: Blob;
  readonly config: Blob;
  /** Of tag `index`: that image and another one of another architecture. */
  readonly index: Blob;
  readonly paths: ReadonlyMap<string, Blob>;
}

const platform = { os: 'linux', architecture: 'amd64' };

export async function imageContent(repository = 'team/fn'): Promise<ImageContent> {
  const image = await buildImage({ entrypoint: ['/bin/fn'], cmd: ['--strict'], platform });
  const other = await buildImage({ entrypoint: ['/bin/fn'], platform: { os: 'linux', architecture: 's390x' } });
  const { manifest: index } = buildIndex([image, other]);
  const [config] = image.blobs;
  if (config === undefined) throw new Error('an image without a config');
  const paths = new Map<string, Blob>([
    [`/v2/${repository}/manifests/v1`, image.manifest],
    [`/v2/${repository}/manifests/index`, index],
  ]);
  for (const blob of [image.manifest, other.manifest, index])
    paths.set(`/v2/${repository}/manifests/${blob.digest}`, blob);
  for (const blob of [...image.blobs, ...other.blobs]) paths.set(`/v2/${repository}/blobs/${blob.digest}`, blob);
  return { repository, manifest: image.manifest, config, index, paths };
}

/** Answers as a registry does: the content, or 404 in its words. */
export function sendContent(content: ImageContent, request: SeenRequest, response: ServerResponse): void {
  const blob = content.paths.get(request.target);
  if (blob === undefined) {
    sendJson(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] });
    return;
  }
  sendBlob(response, blob);
}

export function sendBlob(
  response: ServerResponse,
  blob: Blob,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  const { mediaType, bytes, digest } = blob;
  response.writeHead(200, {
    'content-type': mediaType,
    'content-length': bytes.length,
    'docker-content-digest': digest,
    ...headers,
  });
  response.end(bytes);
}
