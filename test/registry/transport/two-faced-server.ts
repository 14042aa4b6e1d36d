import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { KeyPair } from '../../../examples/registry/certificates.ts';
import type { Handler } from '../../support/http-server.ts';

export interface TwoFacedServer {
  readonly port: number;
  readonly authority: string;
  /** What each connection began with, in order. */
  readonly greetings: readonly ('tls' | 'plaintext')[];
  /** From now on connections that begin with TLS are answered in TLS, or as plaintext servers answer them. */
  speakTls(speaks: boolean): void;
  stop(): Promise<void>;
}

const tlsHandshakeByte = 0x16;

/** One port that tells TLS and plaintext apart by the first byte, and can stop speaking TLS. */
export async function startTwoFacedServer(tls: KeyPair, onTls: Handler, onPlaintext: Handler): Promise<TwoFacedServer> {
  const secure = createHttpsServer({ cert: tls.certificatePem, key: tls.keyPem }, listener(onTls));
  secure.on('tlsClientError', () => undefined);
  const plain = createHttpServer(listener(onPlaintext));
  const sockets = new Set<Socket>();
  const greetings: ('tls' | 'plaintext')[] = [];
  let speaksTls = true;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.once('data', (first: Buffer) => {
      const isTls = first[0] === tlsHandshakeByte;
      greetings.push(isTls ? 'tls' : 'plaintext');
      socket.pause();
      socket.unshift(first);
      (isTls && speaksTls ? secure : plain).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return {
    port: address.port,
    authority: `127.0.0.1:${String(address.port)}`,
    greetings,
    speakTls: (speaks) => {
      speaksTls = speaks;
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listener(handler: Handler): RequestListener {
  return ({ method = '', url: target = '', headers, socket }, response) => {
    const answered = handler({ method, target, headers, remotePort: socket.remotePort ?? 0, body: '' }, response);
    Promise.resolve(answered).catch(() => response.destroy());
  };
}
