import { type Clock, systemClock } from '../../core/clock.ts';
import type { ConnectPod } from '../pod-endpoint.ts';
import { GrpcEndpoint } from './grpc-endpoint.ts';

interface ConnectPodOptions {
  /** `--max-request-body-size`. */
  readonly maxMessageBytes: number;
  /** `--evaluation-timeout`: longest run of one function, past which the call is FUNCTION_TIMEOUT. */
  readonly evaluationTimeoutMs: number;
  /** A pod that has not answered three questions in a row, this far apart, each within twice as long, is lost; default 5000. */
  readonly livenessMs?: number;
  readonly clock?: Clock;
}

/** How pods are reached: gRPC over plaintext HTTP/2, with these bounds. */
export function createConnectPod(options: ConnectPodOptions): ConnectPod {
  const { livenessMs = 5000, clock = systemClock } = options;
  return (address) => new GrpcEndpoint({ ...options, address, livenessMs, clock });
}
