import type { Clock } from '../../core/clock.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import { exitOf, type PodExit } from '../pod-verdict.ts';
import type { LostPod } from './lease.ts';
import type { IndexChange, PodIndex } from './pod-index.ts';

interface ExitsParts {
  readonly index: PodIndex;
  readonly clock: Clock;
}

/** A kubelet tells within about a second that a container ended. */
const patienceMs = 2000;
/** A server that answers again so soon has not been restarted: only its connection broke. */
const briefMs = 250;

/** Finds out why pods that lost calls ended, from their status and without a request. */
export class Exits {
  readonly #parts: ExitsParts;
  readonly #waiting = new Map<string, Set<(change: IndexChange) => void>>();

  constructor(parts: ExitsParts) {
    this.#parts = parts;
    parts.index.onChange((change) => {
      for (const listener of this.#waiting.get(change.known.uid) ?? []) listener(change);
    });
  }

  /**
   * @returns undefined when the pod goes on, or nothing tells within 2 s
   * @throws {RunnerError} why `signal` aborted
   */
  async find({ known, recovered }: LostPod, signal: AbortSignal): Promise<PodExit | undefined> {
    const { index, clock } = this.#parts;
    const { uid, restarts } = known;
    const told = exitOf(index.get(uid)?.pod, restarts);
    if (told !== undefined) return told;
    const { promise, resolve } = Promise.withResolvers<PodExit | undefined>();
    const listener = (change: IndexChange): void => {
      const exit = exitOf(change.known.pod, restarts) ?? (change.isGone ? exitOf(undefined) : undefined);
      if (exit !== undefined) resolve(exit);
    };
    const lostAtMs = clock.now();
    recovered.then(
      () => {
        if (clock.now() - lostAtMs < briefMs) resolve(undefined);
      },
      () => undefined,
    );
    const over = new AbortController();
    clock.delay(patienceMs, over.signal).then(
      () => {
        resolve(undefined);
      },
      () => undefined,
    );
    const listeners = this.#waiting.get(uid) ?? new Set();
    this.#waiting.set(uid, listeners.add(listener));
    try {
      return await unlessAborted(promise, signal);
    } finally {
      over.abort();
      listeners.delete(listener);
      if (listeners.size === 0) this.#waiting.delete(uid);
    }
  }
}
