import { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import type { Blob, Image, ImageIndex } from './image.ts';

export interface PushOptions {
  readonly auth?: { readonly username: string; readonly password: string } | { readonly token: string };
  /** PEM of the authority to trust. Without it the push is plain HTTP. */
  readonly ca?: string;
}

/**
 * Pushes an image, or an index with its images, to `repository:tag` on the registry at `address` (`host:port`).
 * Without a tag it can be had by its digest only. Distribution-spec 1.1, "Pushing manifests".
 * @returns the digest that the tag now names
 */
export async function pushImage(
  address: string,
  repository: string,
  tag: string | undefined,
  image: Image | ImageIndex,
  options: PushOptions = {},
): Promise<string> {
  const agent = new Agent(options.ca === undefined ? {} : { connect: { ca: options.ca } });
  const base = `${options.ca === undefined ? 'http' : 'https'}://${address}/v2/${repository}`;
  try {
    await pushAll({ agent, base, headers: authorization(options.auth) }, tag, image);
  } finally {
    await agent.close();
  }
  return image.manifest.digest;
}

async function pushAll(registry: Target, tag: string | undefined, image: Image | ImageIndex): Promise<void> {
  for (const part of 'images' in image ? image.images : [image]) {
    for (const blob of part.blobs) await pushBlob(registry, blob);
    await putManifest(registry, part.manifest.digest, part.manifest);
  }
  await putManifest(registry, tag ?? image.manifest.digest, image.manifest);
}

const pieceBytes = 256 * 1024;

interface Target {
  readonly agent: Agent;
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function pushBlob(registry: Target, blob: Blob): Promise<void> {
  const head = await send(registry, 'HEAD', `${registry.base}/blobs/${blob.digest}`, [200, 404]);
  if (head.statusCode === 200) return;
  const opened = await send(registry, 'POST', `${registry.base}/blobs/uploads/`, [202]);
  const location = new URL(String(opened.headers['location']), registry.base);
  location.searchParams.set('digest', blob.digest);
  await send(registry, 'PUT', location.href, [201], { type: 'application/octet-stream', bytes: blob.bytes });
}

async function putManifest(registry: Target, reference: string, { mediaType, bytes }: Blob): Promise<void> {
  await send(registry, 'PUT', `${registry.base}/manifests/${reference}`, [201], { type: mediaType, bytes });
}

async function send(
  registry: Target,
  method: 'HEAD' | 'POST' | 'PUT',
  url: string,
  expected: readonly number[],
  content?: { readonly type: string; readonly bytes: Buffer },
): Promise<Dispatcher.ResponseData> {
  const response = await request(url, {
    method,
    dispatcher: registry.agent,
    headers: { ...registry.headers, ...(content === undefined ? {} : contentHeaders(content)) },
    body: content === undefined ? null : Readable.from(pieces(content.bytes)),
  });
  const text = await response.body.text();
  if (expected.includes(response.statusCode)) return response;
  throw new Error(`push failed: ${method} ${url} gave ${String(response.statusCode)} ${text}`);
}

function contentHeaders({ type, bytes }: { readonly type: string; readonly bytes: Buffer }): Record<string, string> {
  return { 'content-type': type, 'content-length': String(bytes.length) };
}

/** A layer given to a TLS socket whole would be there several times over until it is sent. */
function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}

function authorization(auth: PushOptions['auth']): Record<string, string> {
  if (auth === undefined) return {};
  if ('token' in auth) return { authorization: `Bearer ${auth.token}` };
  return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };
}
