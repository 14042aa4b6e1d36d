import { podMarks } from '../pod-marks.ts';
import type { PodPlan } from '../pod-plan.ts';
import type { KnownPod } from './known-pod.ts';

interface Version {
  readonly key: string;
  readonly repository: string;
  /** When this replica first asked for this version, in milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Key of the version before. */
  readonly beforeKey: string | undefined;
}

const maxImages = 10_000;
/** Calls that had begun when a tag moved may come after those that know of it: they do not mean that it moved back. */
const lateMs = 10_000;

/** Which version of a function each image name stands for, to each caller: tags move, templates change. */
export class CurrentVersions {
  /** By image name and caller. */
  readonly #byName = new Map<string, Version>();

  /** True when the name now stands for another version than before. */
  note({ image, key, repository, callerKey }: PodPlan, nowMs: number): boolean {
    const name = nameOf(image, callerKey);
    const before = this.#byName.get(name);
    if (before?.key === key) return false;
    if (before?.beforeKey === key && nowMs - before.sinceMs < lateMs) return false;
    this.#byName.delete(name);
    this.#byName.set(name, { key, repository, sinceMs: nowMs, beforeKey: before?.key });
    if (this.#byName.size > maxImages) {
      const [oldest] = this.#byName.keys();
      if (oldest !== undefined) this.#byName.delete(oldest);
    }
    return true;
  }

  /**
   * Whether calls for the pod's image name go to another version now. Only pods that were there before count: while replicas
   * differ (one has not seen the tag move yet) they would otherwise drain each other's pods for ever.
   *
   * @param firstMs when this replica first saw the pod
   */
  isOutdated({ pod, key, requestedImage }: KnownPod, firstMs: number): boolean {
    const { annotations } = pod.metadata;
    const current = this.#byName.get(nameOf(requestedImage, annotations[podMarks.callerKey]));
    if (current === undefined || current.key === key) return false;
    if (current.repository !== annotations[podMarks.repository]) return false;
    return firstMs < current.sinceMs && !this.#isCurrent(key);
  }

  /** Another name may stand for the same pods. */
  #isCurrent(key: string): boolean {
    for (const version of this.#byName.values()) if (version.key === key) return true;
    return false;
  }
}

/** Callers with other credentials have pods of their own, which are no versions of each other. */
function nameOf(image: string, callerKey = ''): string {
  return JSON.stringify([image, callerKey]);
}
