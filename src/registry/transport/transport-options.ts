import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import type { Log } from '../../core/log.ts';
import type { InsecureRegistries } from '../trust/hosts.ts';

/** The CA bundle of `--tls-secret-path`: PEM certificates, none while the file is missing. `version` grows with every change. */
export interface MountedCa {
  current(): Promise<readonly string[]>;
  readonly version: number;
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Looks a host name up; throws an error with a `code` such as `ENOTFOUND`. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** Where a socket goes. */
export interface DialTarget {
  readonly address: string;
  readonly port: number;
}

/** Bounds of one exchange (registry-behaviour 5.9, TO7), in milliseconds. */
export interface Timeouts {
  /** TCP and TLS. Default 10 s. */
  readonly connectMs: number;
  /** From the request to the end of the answer's headers. Default 20 s. */
  readonly headersMs: number;
  /** Longest silence within a body. Default 30 s. */
  readonly bodyIdleMs: number;
}

export interface TransportOptions {
  /** Undefined without `privateTls`. */
  readonly mountedCa: MountedCa | undefined;
  /** PEM certificates of step system-ca; asked once, at the first use. */
  readonly systemRoots: (environment: NodeJS.ProcessEnv, log: Log) => readonly string[];
  /** `--enable-private-registries-tls`. */
  readonly privateTls: boolean;
  readonly plaintextFallback: 'auto' | 'always' | 'never';
  readonly insecureRegistries: InsecureRegistries;
  /** Proxy and certificate variables are read from it, once. */
  readonly environment: NodeJS.ProcessEnv;
  /** Default: the system's resolver. */
  readonly lookup?: Lookup;
  /** Where a checked address is really dialled; tests put public addresses on loopback by it. Default: there. */
  readonly dial?: (target: DialTarget) => DialTarget;
  readonly timeouts?: Partial<Timeouts>;
  /** 0 to 1, for the jitter of retries. Default `Math.random`. */
  readonly random?: () => number;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock: Clock;
}
