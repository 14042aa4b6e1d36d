import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { ServerOptions as TlsServerOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A request as the server saw it. `target` is the request line's path with its query; `body` is whole once answered. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** One per TCP connection: tells whether connections are reused. */
  readonly remotePort: number;
  readonly body: string;
}

export interface TestServer {
  readonly port: number;
  /** `127.0.0.1:port`, or what `authorityHost` says in place of the address. */
  readonly authority: string;
  /** `http(s)://authority`. */
  readonly url: string;
  /** In order of arrival, complete with bodies. */
  readonly requests: readonly SeenRequest[];
  stop(): Promise<void>;
}

export interface TestServerOptions {
  /** TLS when given: `certificatePem` and `keyPem` as an authority of examples/registry issues them. */
  readonly tls?: { readonly certificatePem: string; readonly keyPem: string; readonly options?: TlsServerOptions };
  /** Address to listen on; default 127.0.0.1. */
  readonly address?: string;
  readonly port?: number;
  /** Host name written into `authority` and `url` instead of the address, `localhost` for one. */
  readonly authorityHost?: string;
}

/** Answers one request, whose body has arrived already. May destroy the socket, trickle, or never answer: `stop` ends it. */
export type Handler = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A scripted HTTP(S) server on a free port of loopback, for faults that real registries do not have. */
export async function startServer(handler: Handler, options: TestServerOptions = {}): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const server = listener((request, response) => {
    serve(request, response, requests, handler).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  }, options.tls);
  const address = options.address ?? '127.0.0.1';
  server.listen(options.port ?? 0, address);
  await once(server, 'listening');
  const { port } = boundAddress(server);
  const host = options.authorityHost ?? (isIPv6(address) ? `[${address}]` : address);
  const authority = `${host}:${String(port)}`;
  return {
    port,
    authority,
    url: `${options.tls === undefined ? 'http' : 'https'}://${authority}`,
    requests,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers with JSON; `headers` win over the defaults. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  requests: SeenRequest[],
  handler: Handler,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk);
  const seen: SeenRequest = {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: request.headers,
    remotePort: request.socket.remotePort ?? 0,
    body: Buffer.concat(chunks).toString('utf8'),
  };
  requests.push(seen);
  await handler(seen, response);
}

function listener(onRequest: RequestListener, tls: TestServerOptions['tls']): Server {
  if (tls === undefined) return createHttpServer(onRequest);
  const server = createHttpsServer({ cert: tls.certificatePem, key: tls.keyPem, ...tls.options }, onRequest);
  server.on('tlsClientError', () => undefined);
  return server;
}

function boundAddress(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address;
}
