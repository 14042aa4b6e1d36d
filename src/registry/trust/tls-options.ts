import { checkServerIdentity as checkNames, createSecureContext } from 'node:tls';
import type { ConnectionOptions, PeerCertificate, SecureContextOptions } from 'node:tls';
import type { HostTls } from './host-tls.ts';

/** The part of a TLS connection's options that says whom it trusts. */
export type TlsSettings = Pick<ConnectionOptions, 'secureContext' | 'checkServerIdentity' | 'rejectUnauthorized'>;

/**
 * Node takes the common name where a certificate has no SAN; Go, and with it every node that pulls the image, does not.
 * Registry-behaviour 5.4, NT8.
 */
function checkServerIdentity(hostname: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname !== undefined && certificate.subjectaltname !== '') {
    return checkNames(hostname, certificate);
  }
  return Object.assign(new Error('the certificate has no subject alternative name'), {
    code: 'ERR_TLS_CERT_WITHOUT_SAN',
  });
}

/**
 * Trusts these PEM certificates and no others. An intermediate or a server's own certificate among them is an anchor as
 * well as a root is, as in Go (registry-behaviour 5.4, NT11).
 */
export function verifiedTls(roots: readonly string[], host?: HostTls): TlsSettings {
  return {
    secureContext: createSecureContext({ ...clientOf(host), ca: [...roots], allowPartialTrustChain: true }),
    checkServerIdentity,
    rejectUnauthorized: true,
  };
}

/** Any certificate will do: for hosts in `--insecure-registries`, and those that the node does not verify either. */
export function unverifiedTls(host?: HostTls): TlsSettings {
  return { secureContext: createSecureContext(clientOf(host)), rejectUnauthorized: false };
}

function clientOf(host: HostTls | undefined): SecureContextOptions {
  const own = host?.clientCertificates ?? [];
  if (own.length === 0) return {};
  return { cert: own.map(({ certificate }) => certificate), key: own.map(({ privateKey }) => privateKey.reveal()) };
}
