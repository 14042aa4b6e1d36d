import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface ConnectProxy {
  readonly port: number;
  /** `host:port` of every CONNECT, in order. */
  readonly tunnels: readonly string[];
  /** URL of every request in absolute form, in order. */
  readonly forwarded: readonly string[];
  /** Headers of all of both kinds. */
  readonly headers: readonly IncomingMessage['headers'][];
  stop(): Promise<void>;
}

export interface ConnectProxyOptions {
  /** What stands behind `host:port`; anything else is answered 502. */
  readonly hosts: Readonly<Record<string, { readonly port: number }>>;
  /** Answered to every CONNECT in place of a tunnel. */
  readonly refusal?: string;
  /** Answers no CONNECT at all. */
  readonly silent?: true;
}

/** A small proxy on loopback: CONNECT for TLS, absolute form for plaintext (RFC 9110 9.3.6, RFC 9112 3.2.2). */
export async function startConnectProxy({ hosts, refusal, silent }: ConnectProxyOptions): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const forwarded: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    headers.push(request.headers);
    forwarded.push(request.url ?? '');
    passOn(request, response, hosts);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    headers.push(request.headers);
    tunnels.push(request.url ?? '');
    if (silent === true) return;
    const target = hosts[request.url ?? ''];
    if (refusal !== undefined) socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
    else if (target === undefined) socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    else tunnel(socket, target.port);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server.address()),
    tunnels,
    forwarded,
    headers,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function tunnel(socket: Socket, port: number): void {
  const onward = connect(port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    onward.pipe(socket).pipe(onward);
  });
  onward.on('error', () => socket.destroy());
  socket.on('close', () => onward.destroy());
}

function passOn(request: IncomingMessage, response: ServerResponse, hosts: ConnectProxyOptions['hosts']): void {
  const url = new URL(request.url ?? '');
  const target = hosts[`${url.hostname}:${url.port === '' ? '80' : url.port}`];
  if (target === undefined) {
    response.writeHead(502).end();
    return;
  }
  const { method, headers } = request;
  const options = { host: '127.0.0.1', port: target.port, path: url.pathname + url.search, method, headers };
  const onward = forward(options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
  return address.port;
}
