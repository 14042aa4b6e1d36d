import { functionContainer } from '../plan/pod-template.ts';
import { podMarks } from '../pod-marks.ts';
import type { KnownPod } from './known-pod.ts';

/**
 * When this replica saw things happen to a pod, in milliseconds since the epoch by its own clock. Times that others wrote
 * say only that something happened: the clocks of API server, nodes and other replicas may be wrong, and a pod must neither
 * be taken from those who use it nor be kept for that.
 */
export interface Sighting {
  /** The pod came. */
  readonly firstMs: number;
  /** It came, started, or was noted to be in use. */
  readonly usedMs: number;
  /** It was marked as draining; undefined for one that is not. */
  readonly drainsMs: number | undefined;
  /** What {@link usedMs} goes by. */
  readonly uses: string;
}

/**
 * @param before what was seen of the pod until now
 * @param isOld the pod was there before this replica was: what is written on it is the best that there is
 */
export function sightingOf(known: KnownPod, before: Sighting | undefined, nowMs: number, isOld: boolean): Sighting {
  const times = useTimes(known);
  const uses = times.join(' ');
  const isNews = before?.uses !== uses;
  const usedMs = isOld ? Math.min(nowMs, Math.max(...times)) : nowMs;
  return {
    firstMs: before?.firstMs ?? nowMs,
    usedMs: isNews ? usedMs : before.usedMs,
    drainsMs: known.draining === undefined ? undefined : (before?.drainsMs ?? nowMs),
    uses,
  };
}

/** When the pod was made, started, and used by any replica, as it says itself. */
function useTimes({ pod }: KnownPod): readonly number[] {
  const noted = pod.metadata.annotations[podMarks.lastUsedMs] ?? '';
  const state = pod.status.containers.find((container) => container.name === functionContainer)?.state;
  const startedMs = state?.kind === 'running' ? state.startedMs : 0;
  return [pod.metadata.createdMs, startedMs, /^\d{1,15}$/.test(noted) ? Number(noted) : 0];
}
