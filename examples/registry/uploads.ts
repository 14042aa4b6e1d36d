import { checkedDigest } from './digest.ts';
import type { Answer, Exchange } from './exchange.ts';
import { Fault } from './fault.ts';

/** `POST /v2/<name>/blobs/uploads/`: starts an upload, mounts a blob, or takes it whole (`?digest=`). */
export async function startUpload(exchange: Exchange): Promise<Answer> {
  const { name, query, repositories, files } = exchange;
  const repository = repositories.open(name);
  const mount = query.get('mount');
  if (mount !== null && repositories.get(query.get('from') ?? '')?.blobs.has(mount) === true) {
    repository.blobs.add(mount);
    return created(name, mount);
  }
  const id = await files.startUpload(name);
  if (query.has('digest')) return finishUpload({ ...exchange, reference: id });
  return underWay(202, name, id, 0);
}

/** `GET …/uploads/<id>`: how far the upload has come. */
export async function uploadStatus(exchange: Exchange): Promise<Answer> {
  const id = known(exchange);
  return underWay(204, exchange.name, id, await exchange.files.uploadedBytes(id));
}

/** `PATCH …/uploads/<id>`: the next chunk; one with a `Content-Range` must begin where the last ended. */
export async function appendChunk(exchange: Exchange): Promise<Answer> {
  const { request, name, files } = exchange;
  const id = known(exchange);
  const before = await files.uploadedBytes(id);
  const range = request.headers['content-range'];
  if (range !== undefined && !range.startsWith(`${String(before)}-`)) {
    throw new Fault(416, 'RANGE_INVALID', 'invalid content range', range);
  }
  await files.append(id, request);
  return underWay(202, name, id, await files.uploadedBytes(id));
}

/** `PUT …/uploads/<id>?digest=`: the last (or only) bytes; what was sent must have that digest. */
export async function finishUpload(exchange: Exchange): Promise<Answer> {
  const { request, name, query, repositories, files } = exchange;
  const id = known(exchange);
  const digest = checkedDigest(query.get('digest'));
  await files.append(id, request);
  if (!(await files.finish(id, digest))) {
    throw new Fault(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', digest);
  }
  repositories.open(name).blobs.add(digest);
  return created(name, digest);
}

/** `DELETE …/uploads/<id>` */
export async function cancelUpload(exchange: Exchange): Promise<Answer> {
  await exchange.files.cancel(known(exchange));
  return { status: 204 };
}

function known({ name, reference, files }: Exchange): string {
  if (files.hasUpload(name, reference)) return reference;
  throw new Fault(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
}

function created(name: string, digest: string): Answer {
  const headers = { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest, 'Content-Length': '0' };
  return { status: 201, headers };
}

function underWay(status: number, name: string, id: string, bytes: number): Answer {
  const headers = {
    Location: `/v2/${name}/blobs/uploads/${id}`,
    Range: `0-${String(Math.max(0, bytes - 1))}`,
    'Docker-Upload-Uuid': id,
    ...(status === 204 ? {} : { 'Content-Length': '0' }),
  };
  return { status, headers };
}
