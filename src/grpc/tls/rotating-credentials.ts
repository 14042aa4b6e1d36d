import type { SecureContextOptions } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import type { TlsContent } from '../../core/tls-files.ts';

/** How long a client may take for its handshake. */
const handshakeTimeoutMs = 10_000;

/**
 * Server credentials of grpc-js whose certificate, key and client authorities change together, in one step: handshakes
 * from then on see all of the new ones, connections that stand are left alone.
 */
export class RotatingCredentials extends ServerCredentials {
  constructor(content: TlsContent) {
    const asks = content.clientCas !== undefined;
    super({ requestCert: asks, rejectUnauthorized: asks, handshakeTimeout: handshakeTimeoutMs }, contextOf(content));
  }

  use(content: TlsContent): void {
    this.updateSecureContextOptions(contextOf(content));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

function contextOf({ certificates, privateKey, clientCas }: TlsContent): SecureContextOptions {
  return {
    minVersion: 'TLSv1.2',
    cert: certificates.join('\n'),
    key: privateKey.reveal(),
    ...(clientCas && { ca: [...clientCas] }),
  };
}
