import { connect } from 'node:net';
import { startTcpServer } from './tcp-server.ts';

/** Another address of a server on this machine, as a HostPort is of a Service. */
export interface Forwarder {
  /** `127.0.0.1:port`. */
  readonly authority: string;
  /** How many connections were made. */
  readonly connections: number;
  /** Where connections go from now on; until then they are ended at once. */
  forwardTo(authority: string): void;
  stop(): Promise<void>;
}

export async function startForwarder(): Promise<Forwarder> {
  let target = { host: '', port: 0 };
  const server = await startTcpServer((socket) => {
    if (target.port === 0) {
      socket.destroy();
      return;
    }
    const onward = connect(target);
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });
  return {
    authority: server.authority,
    get connections() {
      return server.connections;
    },
    forwardTo: (authority) => {
      const url = new URL(`http://${authority}`);
      target = { host: url.hostname, port: Number(url.port) };
    },
    stop: async () => server.stop(),
  };
}
