import type { Dispatcher } from 'undici';
import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import type { Log } from '../../core/log.ts';
import type { ClusterAccess } from '../cluster-access.ts';

export interface ApiClientOptions {
  readonly access: ClusterAccess;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock?: Clock;
  /** For one exchange, its body included. Default 30 000. */
  readonly requestTimeoutMs?: number;
  /** 0 to 1, for the jitter. */
  readonly random?: () => number;
  /** How connections are made; default by what `access` says. */
  readonly dispatcher?: (access: ClusterAccess) => Dispatcher;
}
