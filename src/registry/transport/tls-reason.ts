import { TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import { UnprovenError } from '../trust/connection-error.ts';

/**
 * In TLS 1.3 a server refuses a client's certificate after the handshake, and its alert comes just before the end of the
 * stream, which undici would report instead. Destroying the socket with the alert makes that the error; a server that
 * sends none, but had asked for a certificate in vain, gets an error that says so.
 */
export function withTlsReason(callback: buildConnector.Callback): buildConnector.Callback {
  return (...[error, socket]) => {
    if (error !== null) {
      callback(error, null);
      return;
    }
    if (socket instanceof TLSSocket) keepReason(socket);
    callback(null, socket);
  };
}

function keepReason(socket: TLSSocket): void {
  socket.on('error', (error: Error & { readonly code?: unknown }) => {
    if (!socket.destroyed && String(error.code).startsWith('ERR_SSL_')) socket.destroy(error);
  });
  if (!wantsMore(socket)) return;
  let isAnswered = false;
  socket.on('readable', () => {
    isAnswered ||= socket.readableLength > 0;
  });
  socket.on('end', () => {
    if (!isAnswered) socket.destroy(new UnprovenError('closed without an answer'));
  });
}

/** Whether the server asked for a certificate of the client, which it does by its signature algorithms, and got none. */
function wantsMore(socket: TLSSocket): boolean {
  return socket.getSharedSigalgs().length > 0 && Object.keys(socket.getCertificate() ?? {}).length === 0;
}
