import type { Readable } from 'node:stream';

import type { ConnectionStep } from '../../core/attempt.ts';
import type { Secret } from '../../core/secret.ts';
import type { Endpoint } from '../endpoint.ts';
import type { AttemptLog } from '../trust/attempt-log.ts';
import type { HostTls } from '../trust/host-tls.ts';

/** How a host was reached, and what may therefore be sent to it. */
export interface Route {
  readonly step: ConnectionStep;
  /** `https://host:443`: scheme, host and always the port. */
  readonly origin: string;
  /** `host[:port]` as the reference or URL names it. */
  readonly authority: string;
  /** Verified TLS, or listed in `--insecure-registries`, or plaintext on loopback (registry-behaviour 5.3, TC13). */
  readonly credentialsAllowed: boolean;
  /** The host is in `--insecure-registries`. */
  readonly insecureListed: boolean;
  /** What the host's name was resolved to; empty when a proxy does that. */
  readonly addresses: readonly string[];
}

export type TransportTarget =
  | {
      readonly kind: 'registry';
      readonly endpoint: Endpoint;
      /** With query. */
      readonly path: string;
    }
  | {
      readonly kind: 'token';
      readonly url: URL;
      /** The registry that it answers for. */
      readonly registry: Route;
      /** The registry's own TLS settings, which a token service on the same host shares, and one elsewhere in part. */
      readonly tls?: HostTls | undefined;
    };

export interface TransportRequest {
  readonly target: TransportTarget;
  readonly method: 'GET' | 'POST';
  /** Host, cookies and authorization are left out: they are the transport's to set. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * What the registry configuration of the node adds to these, in lower case. It may be secret: it goes where a login may, and
   * in clear where that configuration says http itself.
   */
  readonly nodeHeaders?: Readonly<Record<string, string>>;
  readonly body?: string;
  /**
   * Gives the Authorization header's value. Asked per hop, only for the target's own origin; whether what it gives may go
   * there is its own to judge, by `credentialsAllowed`: an anonymous token may, where a login may not.
   */
  readonly authorize?: (route: Route) => Secret | undefined;
  /** Gets every attempt, also when it all fails. */
  readonly attempts: AttemptLog;
  readonly signal: AbortSignal;
  /** A long download: it takes no slot from the short requests. */
  readonly bulk?: boolean;
  /** Never repeated after a temporary failure: somebody else can be asked. */
  readonly once?: boolean;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Content-Encoding already undone. Read it to its end or destroy it: until then it holds a slot and a socket. */
  readonly body: Readable;
  readonly route: Route;
  /** The answer came from another origin than the one asked. */
  readonly redirected: boolean;
  /** Every host on the way has proved who it is; a host that has not could redirect to anyone. */
  readonly authenticated: boolean;
}
