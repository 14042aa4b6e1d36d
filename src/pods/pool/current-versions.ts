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

/** Which version of a function each image name stands for: tags move, templates change. */
export class CurrentVersions {
  readonly #byImage = new Map<string, Version>();

  /** True when the name now stands for another version than before. */
  note({ image, key, repository }: PodPlan, nowMs: number): boolean {
    const before = this.#byImage.get(image);
    if (before?.key === key) return false;
    if (before?.beforeKey === key && nowMs - before.sinceMs < lateMs) return false;
    this.#byImage.delete(image);
    this.#byImage.set(image, { key, repository, sinceMs: nowMs, beforeKey: before?.key });
    if (this.#byImage.size > maxImages) {
      const [oldest] = this.#byImage.keys();
      if (oldest !== undefined) this.#byImage.delete(oldest);
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
    const current = this.#byImage.get(requestedImage);
    if (current === undefined || current.key === key) return false;
    if (current.repository !== pod.metadata.annotations[podMarks.repository]) return false;
    return firstMs < current.sinceMs && !this.#isCurrent(key);
  }

  /** Another name may stand for the same pods. */
  #isCurrent(key: string): boolean {
    for (const version of this.#byImage.values()) if (version.key === key) return true;
    return false;
  }
}
