import { buffer } from 'node:stream/consumers';
import { digestOfBytes } from './digest.ts';
import type { Answer, Exchange } from './exchange.ts';
import { Fault, jsonType } from './fault.ts';
import { parsePushedManifest } from './pushed-manifest.ts';
import type { Repository } from './repositories.ts';

const maxManifestBytes = 4 * 1024 * 1024;

/** `GET` and `HEAD /v2/<name>/manifests/<reference>` */
export function readManifest({ name, reference, repositories }: Exchange): Answer {
  const stored = repositories.get(name)?.find(reference);
  if (stored === undefined) {
    const detail = reference.includes(':') ? { Name: name, Revision: reference } : { Tag: reference };
    throw new Fault(404, 'MANIFEST_UNKNOWN', 'manifest unknown', detail);
  }
  return {
    status: 200,
    headers: {
      'Content-Type': stored.mediaType,
      'Content-Length': String(stored.bytes.length),
      'Docker-Content-Digest': stored.digest,
      Etag: `"${stored.digest}"`,
    },
    body: stored.bytes,
  };
}

/** `PUT /v2/<name>/manifests/<reference>`: everything the manifest names must be in the repository already. */
export async function writeManifest({ request, name, reference, repositories }: Exchange): Promise<Answer> {
  if (Number(request.headers['content-length'] ?? 0) > maxManifestBytes) {
    throw new Fault(413, 'SIZE_INVALID', 'manifest is larger than 4 MiB');
  }
  const bytes = await buffer(request);
  const pushed = parsePushedManifest(bytes, request.headers['content-type']);
  const byDigest = reference.includes(':');
  const digest = digestOfBytes(bytes, byDigest ? reference : undefined);
  if (byDigest && digest !== reference) {
    throw new Fault(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  }
  const repository = repositories.open(name);
  requireAll(repository.blobs, pushed.blobs);
  requireAll(repository.manifests, pushed.manifests);
  repository.manifests.set(digest, { mediaType: pushed.mediaType, digest, bytes });
  if (!byDigest) repository.tags.set(reference, digest);
  const location = `/v2/${name}/manifests/${digest}`;
  return { status: 201, headers: { Location: location, 'Docker-Content-Digest': digest, 'Content-Length': '0' } };
}

/** `GET /v2/<name>/tags/list`, in pages when `n` and `last` ask for them. */
export function listTags({ name, query, repositories }: Exchange): Answer {
  const repository = repositories.get(name);
  if (repository === undefined || repository.tags.size === 0) {
    throw new Fault(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name });
  }
  const all = [...repository.tags.keys()].toSorted();
  const last = query.get('last') ?? '';
  const rest = all.filter((tag) => tag > last);
  const tags = query.has('n') ? rest.slice(0, pageSize(query)) : rest;
  const next = tags.length < rest.length ? nextPage(name, tags, query) : {};
  const body = JSON.stringify({ name, tags });
  return { status: 200, headers: { 'Content-Type': jsonType, ...next }, body };
}

function pageSize(query: URLSearchParams): number {
  const n = Number(query.get('n'));
  if (Number.isInteger(n) && n >= 0) return n;
  throw new Fault(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested', { n: query.get('n') });
}

function nextPage(name: string, tags: readonly string[], query: URLSearchParams): Record<string, string> {
  const last = tags.at(-1);
  if (last === undefined) return {};
  const parameters = new URLSearchParams({ last, n: query.get('n') ?? '' });
  return { Link: `</v2/${name}/tags/list?${parameters.toString()}>; rel="next"` };
}

function requireAll(present: Pick<Repository['blobs'], 'has'>, wanted: readonly string[]): void {
  for (const digest of wanted) {
    if (!present.has(digest)) {
      throw new Fault(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', { digest });
    }
  }
}
