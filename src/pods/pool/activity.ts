import type { Clock } from '../../core/clock.ts';
import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Api, Resource } from '../../kubernetes/api.ts';
import type { Pod } from '../../kubernetes/pod.ts';
import { podMarks } from '../pod-marks.ts';
import { ttlOf } from './collection.ts';
import type { KnownPod } from './known-pod.ts';
import type { PodIndex } from './pod-index.ts';

interface ActivityParts {
  readonly api: Api;
  readonly resource: Resource<Pod>;
  readonly index: PodIndex;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends writes that are under way when the pool closes. */
  readonly signal: AbortSignal;
}

const intervalMs = 60_000;

/** Notes on pods when they were last used, so that any replica can tell idle ones; at most once a minute a pod. */
export class Activity {
  readonly #parts: ActivityParts;
  readonly #usedMs = new Map<string, number>();
  readonly #triedMs = new Map<string, number>();

  constructor(parts: ActivityParts) {
    this.#parts = parts;
    parts.index.onChange(({ known, isGone }) => {
      if (!isGone) return;
      this.#usedMs.delete(known.uid);
      this.#triedMs.delete(known.uid);
    });
  }

  /** When a call of this process last ended there; 0 when none did. */
  lastUseMs(uid: string): number {
    return this.#usedMs.get(uid) ?? 0;
  }

  /** A call has ended on the pod. */
  note(uid: string): void {
    const { index, clock, log } = this.#parts;
    const known = index.get(uid);
    if (known === undefined) return;
    const nowMs = clock.now();
    this.#usedMs.set(uid, nowMs);
    if (known.draining !== undefined) return;
    const triedMs = Math.max(index.seen(uid)?.usedMs ?? 0, this.#triedMs.get(uid) ?? 0);
    // Others must not take a pod of a short life for idle while it is used.
    if (nowMs - triedMs < Math.min(intervalMs, ttlOf(known) / 2)) return;
    this.#triedMs.set(uid, nowMs);
    this.#write(known, nowMs).catch((thrown: unknown) => {
      log.debug('use of a function pod was not noted', { pod: known.name, error: toRunnerError(thrown) });
    });
  }

  async #write({ uid, name }: KnownPod, nowMs: number): Promise<void> {
    const { api, resource, index, signal } = this.#parts;
    const body = { metadata: { uid, annotations: { [podMarks.lastUsedMs]: String(nowMs) } } };
    index.accept(await api.patch(resource, name, body, { type: 'merge' }, signal));
  }
}
