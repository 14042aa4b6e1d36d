import type { JsonObject } from '../../../src/core/json.ts';
import { manager } from '../../../src/kubernetes/manager.ts';
import { parsePod } from '../../../src/kubernetes/parse-pod.ts';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import { type KnownPod, readKnownPod } from '../../../src/pods/pool/known-pod.ts';
import { runningStatus } from './pool-harness.ts';

export const startMs = Date.parse('2026-01-01T00:00:00Z');

/** What differs from a running pod of slot 0. */
export interface Made {
  readonly uid?: string;
  readonly createdMs?: number;
  readonly labels?: JsonObject;
  readonly annotations?: JsonObject;
  readonly status?: JsonObject;
  readonly isTerminating?: boolean;
}

export function made(pod: Made = {}): KnownPod {
  const { uid = 'u1', createdMs = startMs, labels, annotations, status = runningStatus('10.0.0.1') } = pod;
  const known = readKnownPod(
    parsePod({
      metadata: {
        name: `fn-${uid}`,
        uid,
        resourceVersion: '1',
        creationTimestamp: new Date(createdMs).toISOString(),
        ...(pod.isTerminating === true && { deletionTimestamp: new Date(createdMs).toISOString() }),
        labels: { [podMarks.managedBy]: manager, [podMarks.functionKey]: 'k1', [podMarks.slot]: '0', ...labels },
        annotations: { [podMarks.ttlMs]: '600000', ...annotations },
      },
      status,
    }),
  );
  if (known === undefined) throw new Error('a pod of ours');
  return known;
}
