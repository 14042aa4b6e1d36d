import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { KeyPair } from './certificates.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server, or an HTTPS one when there is a certificate, listening. Port 0 takes one that is free. */
export async function listen(
  listener: Listener,
  options: { readonly tls: KeyPair | undefined; readonly host: string; readonly port: number },
): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const { tls, host, port } = options;
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ cert: tls.certificatePem, key: tls.keyPem }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the registry has no TCP address');
  const address = `${host.includes(':') ? `[${host}]` : host}:${String(bound.port)}`;
  return { address, stop: async () => close(server) };
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
