import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { unlessAborted } from '../../core/unless-aborted.ts';
import { apiDispatcher } from './api-dispatcher.ts';
import type { ClusterAccess } from '../cluster-access.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface WireRequest {
  readonly method: HttpMethod;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly contentType: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Read it or destroy it: it holds a connection. */
  readonly body: Readable;
}

const headersTimeoutMs = 60_000;

/** Sends requests with what says who we are, and renews that once when it is refused. Opens connections with the first use. */
export class ApiWire {
  readonly #access: ClusterAccess;
  readonly #make: (access: ClusterAccess) => Dispatcher;
  #held: { readonly identity: string; readonly dispatcher: Dispatcher } | undefined;

  constructor(access: ClusterAccess, make: (access: ClusterAccess) => Dispatcher = apiDispatcher) {
    this.#access = access;
    this.#make = make;
  }

  /** The answer's head, whatever its status. @throws undici's or Node's error, what `authorization` throws, the signal's reason */
  async send(request: WireRequest, signal: AbortSignal): Promise<WireAnswer> {
    const first = await this.#sendOnce(request, signal);
    if (first.status !== 401 || this.#access.refused === undefined) return first;
    first.body.destroy();
    this.#access.refused();
    return this.#sendOnce(request, signal);
  }

  /** Ends what is under way, and every connection. */
  async close(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.dispatcher.destroy();
  }

  async #sendOnce(request: WireRequest, signal: AbortSignal): Promise<WireAnswer> {
    const authorization = await this.#access.authorization(signal);
    signal.throwIfAborted();
    const { origin, pathname } = this.#access.server;
    const query = new URLSearchParams(request.query).toString();
    const pending = this.#dispatcher().request({
      origin,
      path: `${pathname.replace(/\/$/, '')}${request.path}${query === '' ? '' : `?${query}`}`,
      method: request.method,
      headers: {
        accept: 'application/json',
        'user-agent': 'krm-function-runner',
        ...(authorization !== undefined && { authorization: authorization.reveal().toString('utf8') }),
        ...(request.body !== undefined && { 'content-type': request.contentType }),
      },
      ...(request.body !== undefined && { body: request.body }),
      signal,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: 0,
    });
    const { statusCode, headers, body } = await unlessAborted(pending, signal);
    // A reader may come late: until then an error of the stream must not end the process.
    body.on('error', () => undefined);
    const retryAfter = headers['retry-after'];
    return { status: statusCode, retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, body };
  }

  /** Another one when the certificates are others than before; requests that are under way end as they began. */
  #dispatcher(): Dispatcher {
    const { ca, clientCertificate } = this.#access;
    const identity = JSON.stringify([ca, clientCertificate?.cert, clientCertificate?.key]);
    if (this.#held?.identity === identity) return this.#held.dispatcher;
    this.#held?.dispatcher.close().catch(() => undefined);
    const dispatcher = this.#make(this.#access);
    this.#held = { identity, dispatcher };
    return dispatcher;
  }
}
