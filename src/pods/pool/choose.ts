/** A pod as far as the choice among pods goes. */
export interface Choosable {
  /** Calls running there and waiting for it. */
  readonly load: number;
  /** When it was chosen last; any counter that grows. */
  readonly chosenAt: number;
}

/** Least loaded first; among equals the one that was not chosen for longest, which is round robin. */
export function leastLoaded<T extends Choosable>(pods: Iterable<T>): T | undefined {
  let best: T | undefined;
  for (const pod of pods) {
    if (best === undefined || pod.load < best.load || (pod.load === best.load && pod.chosenAt < best.chosenAt))
      best = pod;
  }
  return best;
}

/** Whether one more call calls for one more pod: all there are, starting ones too, have as many calls as they should. */
export function wantsAnotherPod(
  loads: readonly number[],
  limits: { readonly maxPods: number; readonly maxWaitlist: number },
): boolean {
  if (loads.length === 0) return true;
  const load = loads.reduce((sum, one) => sum + one, 0);
  return loads.length < limits.maxPods && load >= limits.maxWaitlist * loads.length;
}

/** The lowest slot that nobody holds. */
export function freeSlot(taken: ReadonlySet<number>, maxPods: number): number | undefined {
  for (let slot = 0; slot < maxPods; slot += 1) if (!taken.has(slot)) return slot;
  return undefined;
}
