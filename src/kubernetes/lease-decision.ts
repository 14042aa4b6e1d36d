import type { LeaseObject } from './lease-object.ts';

/** A lease nobody has renewed for so long is free. */
export const leaseDurationMs = 15_000;
/** Whoever could not renew for so long has stopped doing what the lease is for before another one begins. */
const trustMs = 10_000;

/** The lease as it was first seen in this state, by our own clock: clocks of others may be wrong by any amount. */
export interface LeaseSighting {
  /** Undefined: there is none. */
  readonly lease: LeaseObject | undefined;
  readonly sinceMs: number;
}

/** What is known after another look. A clock that was set back begins to count anew. */
export function sighted(
  before: LeaseSighting | undefined,
  lease: LeaseObject | undefined,
  nowMs: number,
): LeaseSighting {
  const isSame =
    before !== undefined &&
    before.sinceMs <= nowMs &&
    before.lease?.holder === lease?.holder &&
    before.lease?.renewTime === lease?.renewTime;
  return { lease, sinceMs: isSame ? before.sinceMs : nowMs };
}

/** Whether to write ourselves in as the holder: to renew it, or because it is free. */
export function mayTake({ lease, sinceMs }: LeaseSighting, identity: string, nowMs: number): boolean {
  if (lease === undefined || lease.holder === '' || lease.holder === identity) return true;
  return nowMs - sinceMs >= leaseDurationMs;
}

/** @param renewedMs when the last renewal that succeeded was sent; undefined: not held */
export function isHeld(renewedMs: number | undefined, nowMs: number): boolean {
  return renewedMs !== undefined && nowMs >= renewedMs && nowMs - renewedMs < trustMs;
}
