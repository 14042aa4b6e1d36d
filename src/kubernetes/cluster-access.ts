import { delimiter } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import { RunnerError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { inClusterAccess } from './access/in-cluster.ts';

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

export interface ClusterAccessOptions {
  /** A file; empty: the files of `KUBECONFIG`, else the service account of the pod that we run in. */
  readonly kubeconfig: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  /** Default: where the kubelet mounts it. */
  readonly serviceAccountFolder?: string;
}

/**
 * Finds out how the API server is reached; asks nobody yet.
 *
 * @throws {RunnerError} `CFG_OPTION` for a kubeconfig that cannot be used, `CLUSTER_UNAVAILABLE` when there is no access at all
 */
export async function loadClusterAccess(options: ClusterAccessOptions): Promise<ClusterAccess> {
  const { kubeconfig, environment, clock = systemClock, serviceAccountFolder } = options;
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean);
  const files = kubeconfig === '' ? listed : [kubeconfig];
  if (files.length > 0) {
    const { kubeconfigAccess } = await import('./access/kubeconfig-access.ts');
    return kubeconfigAccess(files, environment, clock);
  }
  const access = await inClusterAccess(environment, clock, serviceAccountFolder);
  if (access !== undefined) return access;
  throw new RunnerError('CLUSTER_UNAVAILABLE', 'there is no access to a cluster', {
    hint: 'Run in a pod with a service account, or name a kubeconfig by --kubeconfig or KUBECONFIG.',
  });
}
