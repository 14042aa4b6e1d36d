import { readBlob } from './blobs.ts';
import { checkedDigest } from './digest.ts';
import type { Answer, Exchange, Handler } from './exchange.ts';
import { Fault, jsonType } from './fault.ts';
import { listTags, readManifest, writeManifest } from './manifests.ts';
import { appendChunk, cancelUpload, finishUpload, startUpload, uploadStatus } from './uploads.ts';

interface Route {
  /** Groups: repository name and, where there is one, reference. */
  readonly pattern: RegExp;
  readonly handlers: Readonly<Record<string, Handler>>;
}

const textType = 'text/plain; charset=utf-8';
const name = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*';
const tag = '[\\w][\\w.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';

/** The endpoints of distribution-spec 1.1 that an image needs; what deletes or lists everything is left out. */
const routes: readonly Route[] = [
  { pattern: /^\/v2\/$/, handlers: { GET: version, HEAD: version } },
  { pattern: route(`blobs/uploads/()`), handlers: { POST: startUpload } },
  {
    pattern: route('blobs/uploads/([^/]+)'),
    handlers: { GET: uploadStatus, HEAD: uploadStatus, PATCH: appendChunk, PUT: finishUpload, DELETE: cancelUpload },
  },
  { pattern: route('blobs/([^/]+)'), handlers: { GET: readBlob, HEAD: readBlob, DELETE: unsupported } },
  {
    pattern: route(`manifests/(${tag}|${digest})`),
    handlers: { GET: readManifest, HEAD: readManifest, PUT: writeManifest, DELETE: unsupported },
  },
  { pattern: route('tags/list()'), handlers: { GET: listTags } },
];

/** Finds the handler of a request and lets it answer. */
export async function dispatch(path: string, exchange: Omit<Exchange, 'name' | 'reference'>): Promise<Answer> {
  for (const { pattern, handlers } of routes) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const handler = handlers[exchange.method];
    if (handler === undefined) {
      const allowed = Object.keys(handlers).join(', ');
      return { status: 405, headers: { Allow: allowed, 'Content-Type': textType }, body: 'Method Not Allowed\n' };
    }
    const [, repository = '', reference = ''] = match;
    if (reference.includes(':')) checkedDigest(reference);
    return handler({ ...exchange, name: repository, reference });
  }
  return { status: 404, headers: { 'Content-Type': textType }, body: '404 page not found\n' };
}

function route(rest: string): RegExp {
  return new RegExp(`^/v2/(${name})/${rest}$`);
}

function version(): Answer {
  return { status: 200, headers: { 'Content-Type': jsonType }, body: '{}' };
}

function unsupported(): Answer {
  throw new Fault(405, 'UNSUPPORTED', 'The operation is unsupported.');
}
