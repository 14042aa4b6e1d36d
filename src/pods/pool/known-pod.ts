import { objectAt, objectsAt, textAt } from '../../kubernetes/object-meta.ts';
import type { Pod } from '../../kubernetes/pod.ts';
import { functionContainer } from '../plan/pod-template.ts';
import { manager } from '../../kubernetes/manager.ts';
import { podMarks } from '../pod-marks.ts';
import { type PodVerdict, podVerdict } from '../pod-verdict.ts';

/** A function pod of ours with its marks read, and what its status means. */
export interface KnownPod {
  readonly pod: Pod;
  readonly uid: string;
  readonly name: string;
  /** Empty for a pod that says it is ours and carries no key. */
  readonly key: string;
  /** -1 when it says none. */
  readonly slot: number;
  readonly requestedImage: string;
  readonly verdict: PodVerdict;
  /** Why someone took it out of service. */
  readonly draining: string | undefined;
  /** How often the container `function` was started again. */
  readonly restarts: number;
}

/** Undefined for a pod that is not ours: those are never looked at again. */
export function readKnownPod(pod: Pod): KnownPod | undefined {
  const { uid, name, labels, annotations } = pod.metadata;
  if (labels[podMarks.managedBy] !== manager) return undefined;
  const slot = labels[podMarks.slot] ?? '';
  const requestedImage = annotations[podMarks.requestedImage] ?? '';
  return {
    pod,
    uid,
    name,
    key: labels[podMarks.functionKey] ?? '',
    slot: /^\d{1,6}$/.test(slot) ? Number(slot) : -1,
    requestedImage,
    verdict: podVerdict(pod, { image: functionImage(pod), requestedName: requestedImage }),
    draining: readDraining(annotations),
    restarts: pod.status.containers.find((container) => container.name === functionContainer)?.restartCount ?? 0,
  };
}

/** Whether calls may go there, now or when it has started. */
export function canServe({ pod, verdict, draining }: KnownPod): boolean {
  if (draining !== undefined || pod.metadata.deletionMs !== undefined) return false;
  return verdict.kind === 'starting' || verdict.kind === 'dialable';
}

/** Which of the pods of one slot takes its calls: the eldest, so that all replicas agree. */
export function eldest(pods: Iterable<KnownPod>): KnownPod | undefined {
  let best: KnownPod | undefined;
  for (const pod of pods) if (best === undefined || isElder(pod, best)) best = pod;
  return best;
}

function isElder(one: KnownPod, other: KnownPod): boolean {
  const difference = one.pod.metadata.createdMs - other.pod.metadata.createdMs;
  return difference < 0 || (difference === 0 && one.uid < other.uid);
}

function readDraining(annotations: Readonly<Record<string, string>>): KnownPod['draining'] {
  if (annotations[podMarks.drainingSinceMs] === undefined) return undefined;
  return annotations[podMarks.drainingReason] ?? 'unknown';
}

function functionImage(pod: Pod): string {
  const containers = objectsAt(objectAt(pod.raw, 'spec'), 'containers');
  const container = containers.find((candidate) => textAt(candidate, 'name') === functionContainer);
  return container === undefined ? '' : textAt(container, 'image');
}
