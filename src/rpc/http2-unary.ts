import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { abortError, remainingMs } from '../core/deadline.ts';
import { deadlineGraceMs } from './deadline-grace.ts';

/** How a unary call ended. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export type UnaryEnd =
  | { readonly kind: 'answered'; readonly message: Buffer }
  /** `status` is a number of google.rpc.Code. */
  | { readonly kind: 'failed'; readonly status: number; readonly message: string }
  /** The server ended this call alone, with an error code of HTTP/2 and without a status. */
  | { readonly kind: 'reset'; readonly code: number }
  | { readonly kind: 'too-large'; readonly bytes: number }
  /** The connection ended before the call did. */
  | { readonly kind: 'broken'; readonly reason: string };

export interface UnaryCall {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** The encoded request. */
  readonly message: Uint8Array;
  readonly maxAnswerBytes: number;
}

/** One byte of flags, four of length. */
const prefixBytes = 5;

/**
 * One unary gRPC call on an HTTP/2 connection that the caller owns, and so decides the settings of; grpc-js lets nobody
 * do that. No compression, no metadata.
 *
 * @throws {RunnerError} why `signal` aborted
 */
export async function callUnary(session: ClientHttp2Session, call: UnaryCall, signal: AbortSignal): Promise<UnaryEnd> {
  if (signal.aborted) throw abortError(signal);
  if (session.closed || session.destroyed) return { kind: 'broken', reason: 'the connection is closed' };
  const stream = session.request(headersFor(call.path, signal));
  stream.end(framed(call.message));
  const onAbort = (): void => {
    stream.close(constants.NGHTTP2_CANCEL);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const end = await endOf(session, stream, call.maxAnswerBytes);
    if (signal.aborted) throw abortError(signal);
    return end;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function headersFor(path: string, signal: AbortSignal): Record<string, string> {
  const timeoutMs = Math.max(0, Math.ceil(remainingMs(signal))) + deadlineGraceMs;
  return {
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(timeoutMs < 1e8 && { 'grpc-timeout': `${String(timeoutMs)}m` }),
  };
}

function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

async function endOf(session: ClientHttp2Session, stream: ClientHttp2Stream, maxBytes: number): Promise<UnaryEnd> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let status: IncomingHttpHeaders = {};
  let failure: Error | undefined;
  const keep = (headers: IncomingHttpHeaders): void => {
    status = { ...status, ...headers };
  };
  stream.on('response', keep).on('trailers', keep);
  stream.on('error', (error: Error) => {
    failure = error;
  });
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes + prefixBytes) chunks.push(chunk);
    else stream.close(constants.NGHTTP2_CANCEL);
  });
  await new Promise<void>((resolve) => stream.once('close', resolve));
  if (bytes > maxBytes + prefixBytes) return { kind: 'too-large', bytes };
  if (status['grpc-status'] !== undefined) return statusOf(status, Buffer.concat(chunks));
  const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
  if (session.closed || session.destroyed || refused) return { kind: 'broken', reason: reasonOf(failure) };
  return { kind: 'reset', code: stream.rstCode ?? constants.NGHTTP2_NO_ERROR };
}

function reasonOf(failure: Error | undefined): string {
  return failure === undefined ? 'the connection was closed without an answer' : failure.message;
}

function statusOf(headers: IncomingHttpHeaders, body: Buffer): UnaryEnd {
  const status = Number(headers['grpc-status']);
  if (status === 0) return { kind: 'answered', message: body.subarray(prefixBytes) };
  return { kind: 'failed', status, message: decoded(String(headers['grpc-message'] ?? '')) };
}

/** Percent encoding; what is not validly encoded is kept as it is. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
