import type { Secret } from '../../core/secret.ts';

/** Both PEM; the certificate may be followed by those that signed it. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly privateKey: Secret;
}

/** `key` changes with the certificate and holds nothing secret. */
export type KeyedCertificate = ClientCertificate & { readonly key: string };
