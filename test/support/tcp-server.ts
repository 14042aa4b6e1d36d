import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

export interface TcpServer {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly authority: string;
  /** How many connections were made. */
  readonly connections: number;
  stop(): Promise<void>;
}

/** A listener below HTTP, for resets, silence and bytes that are no protocol at all. `onSocket` owns the socket's behaviour. */
export async function startTcpServer(onSocket: (socket: Socket) => void, address = '127.0.0.1'): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server listens on no port');
  return {
    port: bound.port,
    authority: `${address}:${String(bound.port)}`,
    get connections() {
      return connections;
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
