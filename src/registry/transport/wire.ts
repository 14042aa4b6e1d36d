import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { unlessAborted } from '../../core/unless-aborted.ts';
import type { Timeouts } from './transport-options.ts';
import type { TransportRequest, TransportResponse } from './transport-request.ts';

/** One HTTP exchange with one origin, with everything that is sent. */
export interface WireRequest {
  readonly origin: string;
  /** With query. */
  readonly path: string;
  readonly method: TransportRequest['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: TransportResponse['headers'];
  /** As sent, Content-Encoding included. */
  readonly body: Readable;
  /** For an answer that nobody reads: the socket goes back to its pool, or is closed where much is left. */
  readonly discard: () => void;
}

const maxDiscardedBytes = 64 * 1024;

/**
 * Sends it and waits for the answer's headers; follows nothing, repeats nothing. Throws undici's or Node's error. The
 * signal ends the wait at once, and the socket with it, even while the connection is still being made.
 */
export async function exchange(agent: Dispatcher, request: WireRequest, timeouts: Timeouts): Promise<WireAnswer> {
  const pending = agent.request({
    origin: request.origin,
    path: request.path,
    method: request.method,
    headers: { ...request.headers, 'accept-encoding': 'identity' },
    ...(request.body === undefined ? {} : { body: request.body }),
    signal: request.signal,
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.bodyIdleMs,
  });
  const { statusCode, headers, body } = await unlessAborted(pending, request.signal);
  // A reader may come late: until then an error of the stream must not end the process.
  body.on('error', () => undefined);
  const discard = (): void => {
    body.dump({ limit: maxDiscardedBytes }).catch(() => undefined);
  };
  return { status: statusCode, headers, body, discard };
}
