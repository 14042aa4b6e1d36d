import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import type { Secret } from '../core/secret.ts';

/** How a client speaks TLS with a service. */
export interface ClientTls {
  /** PEM certificates of the authorities that are trusted, and of no others. */
  readonly authorities: readonly string[];
  /** PEM; shown where the service asks for it. */
  readonly own: { readonly certificate: string; readonly privateKey: Secret } | undefined;
  /** The name that has to be in the service's certificate. Undefined: that of the address. */
  readonly serverName: string | undefined;
  /** False: any certificate will do. */
  readonly verify: boolean;
}

/** @throws what OpenSSL says of the certificate and key */
export function tlsCredentials(tls: ClientTls, address: string): ChannelCredentials {
  const { authorities, own, verify } = tls;
  const context = createSecureContext({
    minVersion: 'TLSv1.2',
    ca: [...authorities],
    ...(own && { cert: own.certificate, key: own.privateKey.reveal() }),
  });
  const name = nameOf(tls, address);
  return credentials.createFromSecureContext(context, {
    rejectUnauthorized: verify,
    checkServerIdentity: (_, certificate) => (verify ? checkServerIdentity(name, certificate) : undefined),
  });
}

/** A server name must not be an address (RFC 6066, section 3), but grpc-js would send one, and Node would complain. */
export function tlsChannelOptions(tls: ClientTls, address: string): ChannelOptions {
  const name = nameOf(tls, address);
  if (isIP(name) === 0 && tls.serverName === undefined) return {};
  return { 'grpc.ssl_target_name_override': isIP(name) === 0 ? name : 'localhost' };
}

function nameOf({ serverName }: ClientTls, address: string): string {
  return serverName ?? address.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
}
