import type { JsonObject } from '../core/json.ts';
import type { Resource } from './api.ts';
import { onlyIfStill } from './apply-precondition.ts';
import { managedByLabel, manager } from './manager.ts';
import { numberAt, objectAt, parseMeta, textAt } from './object-meta.ts';
import type { ApiObject } from './object.ts';

/** Shapes: Kubernetes API, coordination/v1 Lease. */
export interface LeaseObject extends ApiObject {
  /** Empty when nobody holds it. */
  readonly holder: string;
  /** By the holder's clock, as it wrote it: good for telling one renewal from the next, and for nothing else. */
  readonly renewTime: string;
  readonly acquireTime: string;
  /** How often it went from one holder to another. */
  readonly transitions: number;
}

const group = 'coordination.k8s.io';

export function leases(namespace: string): Resource<LeaseObject> {
  const path = `/apis/${group}/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
  return { name: 'leases', group, namespace, path, parse: parseLease };
}

/**
 * What to apply so that `holder` has the lease from now on; refused with 409 unless it is as it was seen.
 *
 * @param holder empty: nobody has it
 */
export function leaseBody(
  place: { readonly namespace: string; readonly name: string },
  seen: LeaseObject | undefined,
  { holder, nowMs, durationMs }: { readonly holder: string; readonly nowMs: number; readonly durationMs: number },
): JsonObject {
  const isSame = seen !== undefined && (seen.holder === holder || holder === '');
  const renewTime = microTime(nowMs);
  return {
    apiVersion: `${group}/v1`,
    kind: 'Lease',
    metadata: { ...place, labels: { [managedByLabel]: manager }, ...onlyIfStill(seen) },
    spec: {
      ...(holder !== '' && { holderIdentity: holder }),
      leaseDurationSeconds: durationMs / 1000,
      acquireTime: isSame && seen.acquireTime !== '' ? seen.acquireTime : renewTime,
      renewTime,
      leaseTransitions: (seen?.transitions ?? 0) + (isSame || seen === undefined ? 0 : 1),
    },
  };
}

function parseLease(raw: JsonObject): LeaseObject {
  const spec = objectAt(raw, 'spec');
  return {
    metadata: parseMeta(raw),
    raw,
    holder: textAt(spec, 'holderIdentity'),
    renewTime: textAt(spec, 'renewTime'),
    acquireTime: textAt(spec, 'acquireTime'),
    transitions: numberAt(spec, 'leaseTransitions'),
  };
}

/** The API server takes six digits behind the point, no fewer. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
