import type { Secret } from '../core/secret.ts';

export interface ClientCertificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** Who we are and how the API server is reached. What is read from files may be another at the next look. */
export interface ClusterAccess {
  /** Without a slash at its end. */
  readonly server: URL;
  /** PEM; undefined: the system's roots. */
  readonly ca: string | undefined;
  readonly skipTlsVerify: boolean;
  /** Name that the server's certificate must have, when it is not the one that is dialled. */
  readonly tlsServerName?: string;
  readonly proxy?: URL;
  readonly clientCertificate: ClientCertificate | undefined;
  /** Our own: the service account's, else the context's, else `default`. */
  readonly namespace: string;
  /**
   * The whole Authorization header; undefined where a client certificate, or nothing, says who we are. Read anew or
   * renewed when it is due.
   *
   * @throws {RunnerError} `CLUSTER_UNAVAILABLE` when a credential cannot be had now
   */
  authorization(signal: AbortSignal): Promise<Secret | undefined>;
  /** Tells that the last authorization got 401: the next one is read anew. */
  refused?(): void;
}
