import { Readable } from 'node:stream';
import { checkedDigest } from './digest.ts';
import type { Answer, Exchange } from './exchange.ts';
import { Fault } from './fault.ts';

/** `GET` and `HEAD /v2/<name>/blobs/<digest>`: distribution-spec 1.1, "Pulling blobs". */
export async function readBlob({ request, method, name, reference, repositories, files }: Exchange): Promise<Answer> {
  const digest = checkedDigest(reference);
  if (repositories.get(name)?.blobs.has(digest) !== true) {
    throw new Fault(404, 'BLOB_UNKNOWN', 'blob unknown to registry', digest);
  }
  const size = await files.size(digest);
  const headers = {
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    Etag: `"${digest}"`,
  };
  const part = method === 'GET' ? byteRange(request.headers.range, size) : undefined;
  const { start, end } = part ?? { start: 0, end: size - 1 };
  const length = end - start + 1;
  return {
    status: part === undefined ? 200 : 206,
    headers: {
      ...headers,
      'Content-Length': String(length),
      ...(part === undefined ? {} : { 'Content-Range': `bytes ${String(start)}-${String(end)}/${String(size)}` }),
    },
    body: length === 0 ? Readable.from([]) : files.read(digest, start, end),
  };
}

interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The one range that was asked for; several or malformed ones are ignored, as RFC 9110 section 14.2 allows. */
function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) {
    const unsatisfied = { 'Content-Range': `bytes */${String(size)}` };
    throw new Fault(416, 'RANGE_INVALID', 'invalid content range', header, unsatisfied);
  }
  return { start, end };
}
