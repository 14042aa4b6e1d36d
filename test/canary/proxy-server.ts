import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** An HTTP proxy on loopback that knows one way to treat a CONNECT. */
export interface ProxyServer {
  readonly port: number;
  /** Headers of every CONNECT, as JSON. */
  readonly received: readonly string[];
  stop(): Promise<void>;
}

export type Connecting = (request: IncomingMessage, client: Duplex) => void;

export async function startProxy(connecting: Connecting): Promise<ProxyServer> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request, client) => {
    received.push(JSON.stringify(request.headers));
    client.on('error', () => undefined);
    connecting(request, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    received,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Leads every tunnel to one port of loopback, whatever host was asked for. */
export function tunnelTo(port: number): Connecting {
  return (_, client) => {
    const upstream = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
    upstream.pipe(client).pipe(upstream);
  };
}

/** Refuses, and gives back what it was sent. */
export function refusing(status: string): Connecting {
  return (request, client) => {
    const sent = request.headers['proxy-authorization'] ?? '';
    const echo = `${sent} ${Buffer.from(sent.replace('Basic ', ''), 'base64').toString()}`;
    const headers = `proxy-authenticate: Basic realm="${echo}"\r\nwarning: 299 - "${echo}"\r\n`;
    client.end(`HTTP/1.1 ${status} ${echo}\r\n${headers}content-length: ${String(echo.length)}\r\n\r\n${echo}`);
  };
}
