import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Handler, type SeenRequest, startServer, type TestServerOptions } from '../support/http-server.ts';

export interface ServedContent {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
}

/** A registry of one repository, `team/fn`, whose every answer the test decides. */
export interface ScriptedRegistry {
  readonly authority: string;
  /** Every request there ever was. */
  readonly requests: readonly SeenRequest[];
  /** Answers a request with what is served. */
  answer(request: SeenRequest, response: ServerResponse): void;
  /** `target status` since this was last asked. */
  takeRequests(): readonly string[];
  /** Makes content available by its digest. */
  serve(mediaType: string, value: unknown, platform?: ServedContent['platform']): ServedContent;
  /** An image with this config, by its digest. */
  serveImage(config: unknown, platform?: ServedContent['platform']): ServedContent;
  serveIndex(entries: readonly ServedContent[]): ServedContent;
  tag(name: string, content: ServedContent): void;
  /** Answers everything by this instead, until called with undefined. */
  behave(handler: Handler | undefined): void;
  stop(): Promise<void>;
}

const indexType = 'application/vnd.oci.image.index.v1+json';
const imageType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';

export async function startScriptedRegistry(tls?: TestServerOptions['tls']): Promise<ScriptedRegistry> {
  const contents = new Map<string, ServedContent>();
  const lines: string[] = [];
  let behaviour: Handler | undefined;
  const answer = (request: SeenRequest, response: ServerResponse): void => {
    const content = contents.get(request.target.split('/').at(-1) ?? '');
    response.writeHead(content === undefined ? 404 : 200, { 'content-type': content?.mediaType ?? 'text/plain' });
    response.end(content?.bytes);
  };
  const server = await startServer(
    async (request, response) => {
      response.on('finish', () => lines.push(`${request.target} ${String(response.statusCode)}`));
      await (behaviour ?? answer)(request, response);
    },
    tls === undefined ? {} : { tls },
  );
  const serve: ScriptedRegistry['serve'] = (mediaType, value, platform) => {
    const content = { ...blobOf(mediaType, value), ...(platform === undefined ? {} : { platform }) };
    contents.set(content.digest, content);
    return content;
  };
  return {
    authority: server.authority,
    requests: server.requests,
    answer,
    takeRequests: () => lines.splice(0),
    serve,
    serveImage: (config, platform) => {
      const manifest = { schemaVersion: 2, config: descriptor(serve(configType, config)), layers: [] };
      return serve(imageType, manifest, platform);
    },
    serveIndex: (entries) => serve(indexType, { schemaVersion: 2, manifests: entries.map(descriptor) }),
    tag: (name, content) => contents.set(name, content),
    behave: (handler) => {
      behaviour = handler;
    },
    stop: async () => server.stop(),
  };
}

function blobOf(mediaType: string, value: unknown): ServedContent {
  const bytes = Buffer.from(JSON.stringify(value));
  return { mediaType, bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

function descriptor({ mediaType, digest, bytes, platform }: ServedContent): unknown {
  return { mediaType, digest, size: bytes.length, platform };
}
