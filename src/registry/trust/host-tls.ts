import type { ConnectionStep } from '../../core/attempt.ts';
import { isVerified } from '../../core/attempt.ts';
import type { ClientCertificate, KeyedCertificate } from './client-certificate.ts';

/** What one host's TLS has beyond the common chain: the node's registry configuration says it, or `--registry-client-certificate`. */
export interface HostTls {
  /** Equal settings have equal keys: connections are shared by it. Holds hashes, nothing secret. */
  readonly key: string;
  /** PEM certificates trusted for this host besides those of the system. */
  readonly ca: readonly string[];
  /** Shown to the host when it asks for one. */
  readonly clientCertificates: readonly ClientCertificate[];
  /**
   * `host`: the certificates are for this host alone, as the node shows them. `registry`: they are for a registry and its
   * token service, and for nobody who has not proved to be that.
   */
  readonly clientFor: 'host' | 'registry';
  /** Any certificate will do where none that is trusted comes. */
  readonly skipVerify: boolean;
}

/** Those that a host may see which is reached by this step. */
export function shownAt(tls: HostTls | undefined, step: ConnectionStep): readonly ClientCertificate[] {
  if (tls === undefined || step === 'plaintext') return [];
  return tls.clientFor === 'host' || isVerified(step) ? tls.clientCertificates : [];
}

/** What a token service on another host than its registry is to be spoken to with. */
export function forTokenService(tls: HostTls | undefined): HostTls | undefined {
  return tls?.clientFor === 'registry' ? { ...tls, key: `${tls.key} elsewhere`, ca: [], skipVerify: false } : undefined;
}

/** The registry's own settings with a certificate that goes to every registry; one of its own comes before it. */
export function withClientCertificate(tls: HostTls | undefined, { key, ...pair }: KeyedCertificate): HostTls {
  if (tls !== undefined && tls.clientCertificates.length > 0) return tls;
  const { ca = [], skipVerify = false } = tls ?? {};
  return { key: `${tls?.key ?? ''} ${key}`, ca, skipVerify, clientCertificates: [pair], clientFor: 'registry' };
}
