import type { Secret } from '../../core/secret.ts';

/** What one host's TLS has beyond the common chain; the node's registry configuration says it. */
export interface HostTls {
  /** Equal settings have equal keys: connections are shared by it. Holds hashes, nothing secret. */
  readonly key: string;
  /** PEM certificates trusted for this host besides those of the system. */
  readonly ca: readonly string[];
  /** PEM; shown to the host when it asks for one. */
  readonly clientCertificates: readonly { readonly certificate: string; readonly privateKey: Secret }[];
  /** Any certificate will do where none that is trusted comes. */
  readonly skipVerify: boolean;
}
