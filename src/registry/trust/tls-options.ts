import { checkServerIdentity as checkNames, createSecureContext } from 'node:tls';
import type { ConnectionOptions, PeerCertificate, SecureContextOptions } from 'node:tls';
import type { ClientCertificate } from './client-certificate.ts';

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
export function verifiedTls(roots: readonly string[], shown: readonly ClientCertificate[] = []): TlsSettings {
  return {
    secureContext: createSecureContext({ ...clientOf(shown), ca: [...roots], allowPartialTrustChain: true }),
    checkServerIdentity,
    rejectUnauthorized: true,
  };
}

/** Any certificate will do: for hosts in `--insecure-registries`, and those that the node does not verify either. */
export function unverifiedTls(shown: readonly ClientCertificate[]): TlsSettings {
  return { secureContext: createSecureContext(clientOf(shown)), rejectUnauthorized: false };
}

function clientOf(shown: readonly ClientCertificate[]): SecureContextOptions {
  if (shown.length === 0) return {};
  return { cert: shown.map(({ certificate }) => certificate), key: shown.map(({ privateKey }) => privateKey.reveal()) };
}
