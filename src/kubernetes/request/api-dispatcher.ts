import type { Dispatcher } from 'undici';
import { Agent, ProxyAgent } from '../../core/undici-parts.ts';
import type { ClusterAccess } from '../cluster-access.ts';

const connectTimeoutMs = 10_000;
/** Longer than between two collections of pods, shorter than load balancers keep a quiet connection. */
const keepAliveMs = 50_000;
/** With the kernel's own probes after it, a peer that is gone is noticed within a minute, under a quiet watch too. */
const keepAliveInitialDelayMs = 30_000;

/** Connections to the API server. HTTP/1.1: a watch that is cut ends its own socket and no one else's. */
export function apiDispatcher(access: ClusterAccess): Dispatcher {
  const tls = {
    ...(access.ca !== undefined && { ca: access.ca }),
    ...(access.skipTlsVerify && { rejectUnauthorized: false }),
    ...(access.tlsServerName !== undefined && { servername: access.tlsServerName }),
    ...access.clientCertificate,
    allowH2: false,
    timeout: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveInitialDelayMs,
  };
  if (access.proxy === undefined) return new Agent({ connect: tls, keepAliveTimeout: keepAliveMs });
  return new ProxyAgent({
    uri: access.proxy.href,
    allowH2: false,
    requestTls: tls,
    keepAliveTimeout: keepAliveMs,
    connectTimeout: connectTimeoutMs,
  });
}
