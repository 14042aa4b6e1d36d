import { withTimeout } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { ApiError } from '../../kubernetes/api-error.ts';
import type { Api, Resource } from '../../kubernetes/api.ts';
import type { Pod } from '../../kubernetes/pod.ts';
import { podMarks } from '../pod-marks.ts';
import { type Collection, collectionOf, type CollectionFacts } from './collection.ts';
import type { KnownPod } from './known-pod.ts';
import type { PodIndex } from './pod-index.ts';
import type { Sighting } from './sighting.ts';

interface CollectorParts {
  readonly api: Api;
  readonly resource: Resource<Pod>;
  readonly index: PodIndex;
  readonly facts: (known: KnownPod, seen: Sighting) => CollectionFacts;
  /** A pod was deleted by us. */
  readonly deleted: (known: KnownPod, signal: AbortSignal) => Promise<void>;
  /** Called at every scan, for what else there is to tidy. */
  readonly scanned: (signal: AbortSignal) => Promise<void>;
  readonly scanIntervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
}

/** An action on a pod that was just done, or failed, is not repeated before the watch can have told of it. */
const repeatMs = 5000;
const actionTimeoutMs = 30_000;

/** Takes pods that are not needed out of the cluster: looks when something changes, and at every `--scan-interval`. */
export class Collector {
  readonly #parts: CollectorParts;
  readonly #closing = new AbortController();
  readonly #notBeforeMs = new Map<string, number>();
  #loop: Promise<void> = Promise.resolve();
  #nap = new AbortController();
  #isKicked = false;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Something has changed: looks now. */
  kick(): void {
    this.#isKicked = true;
    this.#nap.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#nap.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, scanIntervalMs } = this.#parts;
    let scanAtMs = clock.now();
    while (!this.#closing.signal.aborted) {
      this.#isKicked = false;
      if (clock.now() >= scanAtMs) {
        await this.#scan();
        scanAtMs = clock.now() + scanIntervalMs;
      }
      const nextMs = await this.#pass();
      if (!this.#isKicked) await this.#sleep(Math.min(nextMs, scanAtMs) - clock.now());
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#nap = new AbortController();
    try {
      // Timers may be a moment early; and a pass must never follow a pass without a pause.
      await this.#parts.clock.delay(Math.max(ms, 10), this.#nap.signal);
    } catch {
      // A kick.
    }
  }

  async #scan(): Promise<void> {
    const { index, scanned, log } = this.#parts;
    for (const uid of this.#notBeforeMs.keys()) if (index.get(uid) === undefined) this.#notBeforeMs.delete(uid);
    using limited = withTimeout(this.#closing.signal, actionTimeoutMs, 'tidying up');
    try {
      await scanned(limited.signal);
    } catch (thrown) {
      if (!this.#closing.signal.aborted) log.warn('tidying up failed', { error: toRunnerError(thrown) });
    }
  }

  /** Does what is due; gives when something is due next, in milliseconds since the epoch. */
  async #pass(): Promise<number> {
    const due = this.#parts.index.all().map(async (known) => this.#collect(known));
    return Math.min(...(await Promise.all(due)), Infinity);
  }

  async #collect(known: KnownPod): Promise<number> {
    const { clock, facts, index } = this.#parts;
    const seen = index.seen(known.uid);
    if (seen === undefined) return Infinity;
    const collection = collectionOf(known, facts(known, seen));
    if (collection.kind === 'keep') return Infinity;
    if (collection.kind === 'later') return collection.atMs;
    const notBeforeMs = this.#notBeforeMs.get(known.uid) ?? 0;
    if (clock.now() < notBeforeMs) return notBeforeMs;
    this.#notBeforeMs.set(known.uid, clock.now() + repeatMs);
    const isDone = await this.#act(known, collection);
    if (isDone) this.#notBeforeMs.delete(known.uid);
    const now = index.get(known.uid);
    return now === undefined || now === known ? clock.now() + repeatMs : clock.now();
  }

  /** True when what comes next may come at once. */
  async #act(known: KnownPod, collection: Extract<Collection, { reason: string }>): Promise<boolean> {
    const { log } = this.#parts;
    using limited = withTimeout(this.#closing.signal, actionTimeoutMs, 'collecting a pod');
    try {
      if (collection.kind === 'mark') await this.#mark(known, collection.reason, limited.signal);
      else await this.#delete(known, collection.reason, limited.signal);
      return collection.kind === 'mark';
    } catch (thrown) {
      if (this.#closing.signal.aborted) return false;
      if (thrown instanceof ApiError && thrown.status === 409) return await this.#lookAgain(known, limited.signal);
      log.warn('function pod is not collected', { pod: known.name, ...collection, error: toRunnerError(thrown) });
      return false;
    }
  }

  async #mark({ pod, name }: KnownPod, reason: string, signal: AbortSignal): Promise<void> {
    const { api, resource, index, clock, log } = this.#parts;
    const { uid, resourceVersion } = pod.metadata;
    const annotations = { [podMarks.drainingSinceMs]: String(clock.now()), [podMarks.drainingReason]: reason };
    const body = { metadata: { uid, resourceVersion, annotations } };
    index.accept(await api.patch(resource, name, body, { type: 'merge' }, signal));
    log.info('function pod drains', { pod: name, reason });
  }

  async #delete(known: KnownPod, reason: string, signal: AbortSignal): Promise<void> {
    const { api, resource, counters, log, deleted } = this.#parts;
    const { uid, resourceVersion } = known.pod.metadata;
    const wasThere = await api.delete(resource, known.name, { preconditions: { uid, resourceVersion } }, signal);
    if (wasThere) {
      counters.add('pod_collections', { reason });
      log.info('function pod deleted', { pod: known.name, reason });
    }
    await deleted(known, signal);
  }

  /** The pod is not as we knew it. */
  async #lookAgain(known: KnownPod, signal: AbortSignal): Promise<boolean> {
    const { api, resource, index, log } = this.#parts;
    try {
      const pod = await api.get(resource, known.name, signal);
      if (pod !== undefined) index.accept(pod);
    } catch (thrown) {
      log.debug('function pod cannot be read', { pod: known.name, error: toRunnerError(thrown) });
    }
    return index.get(known.uid) !== known;
  }
}
