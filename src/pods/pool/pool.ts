import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import type { Log } from '../../core/log.ts';
import type { Api, Resource } from '../../kubernetes/api.ts';
import type { ApiObject } from '../../kubernetes/object.ts';
import type { Pod } from '../../kubernetes/pod.ts';
import type { Store } from '../../kubernetes/store.ts';
import type { ConnectPod, PodAnswer, PodEndpoint } from '../pod-endpoint.ts';
import type { PodPlan } from '../pod-plan.ts';
import { Activity } from './activity.ts';
import type { CollectionFacts } from './collection.ts';
import { Collector } from './collector.ts';
import { CurrentVersions } from './current-versions.ts';
import { dialPod } from './dialer.ts';
import { dispatch, type FunctionRequest } from './dispatch.ts';
import { Exits } from './exits.ts';
import { FunctionPods } from './function-pods.ts';
import type { KnownPod } from './known-pod.ts';
import { type Launched, Launcher } from './launcher.ts';
import { PodIndex } from './pod-index.ts';
import { closedError, launchTimeoutError } from './pool-errors.ts';
import { ServiceFronts } from './service-fronts.ts';
import type { Sighting } from './sighting.ts';

interface PoolOptions {
  readonly api: Api;
  /** Started; holds the pods that carry our `managed-by` label. */
  readonly pods: Store<Pod>;
  readonly resource: Resource<Pod>;
  /** Needed for `podAddress: 'service'`. */
  readonly services: Resource<ApiObject> | undefined;
  readonly connect: ConnectPod;
  readonly podAddress: 'ip' | 'service';
  /** `--pod-ready-timeout`. */
  readonly podReadyTimeoutMs: number;
  /** `--evaluation-timeout`: a pod that takes no new calls is free of old ones after it. */
  readonly evaluationTimeoutMs: number;
  /** `--scan-interval`. */
  readonly scanIntervalMs: number;
  /** Whether this replica does what is to be done once for all of them; by default they all do. */
  readonly mayCollectShared?: () => boolean;
  /** Called at every scan, for what else depends on which pods there are. */
  readonly onScan?: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
}

/**
 * The function pods of the cluster, shared by every replica of the runner: gives each call a pod, starts pods where there
 * are too few and takes away what nobody needs. A call for which a pod serves makes no request to the API server.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #index: PodIndex;
  readonly #versions = new CurrentVersions();
  readonly #groups = new Map<string, FunctionPods>();
  readonly #closing = new AbortController();
  readonly #madeHere = new Set<string>();
  readonly #launcher: Launcher;
  readonly #fronts: ServiceFronts | undefined;
  readonly #exits: Exits;
  readonly #activity: Activity;
  readonly #collector: Collector;

  constructor(options: PoolOptions) {
    const { api, pods, resource, services, podAddress, clock, log } = options;
    this.#options = options;
    const index = new PodIndex(pods, clock);
    this.#index = index;
    this.#launcher = new Launcher({ api, resource, index, clock });
    const needsFronts = podAddress === 'service' && services !== undefined;
    this.#fronts = needsFronts ? new ServiceFronts({ api, services, clock }) : undefined;
    this.#exits = new Exits({ index, clock });
    this.#activity = new Activity({ api, resource, index, clock, log, signal: this.#closing.signal });
    this.#collector = new Collector({
      ...options,
      index,
      facts: (...known) => this.#facts(...known),
      deleted: async ({ uid }, signal) => this.#fronts?.remove(uid, signal),
      scanned: async (signal) => this.#tidy(signal),
    });
    index.onChange((change) => {
      if (change.isGone) this.#madeHere.delete(change.known.uid);
      this.#groups.get(change.known.key)?.changed(change);
      this.#collector.kick();
    });
  }

  /** Takes over the pods that are there, and begins to collect. */
  start(): void {
    this.#index.start();
    this.#collector.start();
  }

  /**
   * Runs a function on one of its pods.
   *
   * @param signal ends the wait for a pod as well as the call
   * @throws {RunnerError} `POD_*`, `CLUSTER_*`, `FUNCTION_*`, `CANCELLED`, `DEADLINE`, `SHUTTING_DOWN`
   */
  async run(plan: PodPlan, request: FunctionRequest, signal: AbortSignal): Promise<PodAnswer> {
    const group = this.#group(plan);
    const { log, counters } = this.#options;
    const parts = {
      acquire: async (...wanted: Parameters<FunctionPods['acquire']>) => group.acquire(...wanted),
      findExit: async (...lost: Parameters<Exits['find']>) => this.#exits.find(...lost),
      used: ({ known }: { readonly known: KnownPod }) => {
        this.#activity.note(known.uid);
      },
      log,
      counters,
    };
    return await dispatch(parts, plan, request, signal);
  }

  /**
   * Makes sure that one pod of the plan serves.
   *
   * @throws {RunnerError} why none can
   */
  async warm(plan: PodPlan, signal: AbortSignal): Promise<void> {
    const group = this.#group(plan);
    if (!group.isServing) (await group.acquire(plan, signal)).release();
  }

  /** Fails the calls that still wait. Pods stay: other replicas and the next start use them. */
  async close(): Promise<void> {
    this.#closing.abort(closedError());
    for (const group of this.#groups.values()) group.close();
    this.#index.close();
    await this.#collector.close();
  }

  #group(plan: PodPlan): FunctionPods {
    if (this.#closing.signal.aborted) throw closedError();
    if (this.#versions.note(plan, this.#options.clock.now())) this.#collector.kick();
    const known = this.#groups.get(plan.key);
    if (known !== undefined) return known;
    const { clock, log, counters, podReadyTimeoutMs } = this.#options;
    const group = new FunctionPods(plan, {
      index: this.#index,
      launch: async (wanted, slot) => this.#launch(wanted, slot),
      dial: async (...pod) => this.#dial(...pod),
      isLighter: (pod) => {
        // Nobody hears of it unless the pod was only waiting for its last call.
        if (this.#index.holder(pod.key, pod.slot)?.uid !== pod.uid) this.#collector.kick();
      },
      podReadyTimeoutMs,
      clock,
      log,
      counters,
    });
    this.#groups.set(plan.key, group);
    return group;
  }

  async #launch(plan: PodPlan, slot: number): Promise<Launched> {
    const { clock, podReadyTimeoutMs } = this.#options;
    const over = new AbortController();
    const limited = new AbortController();
    clock.delay(podReadyTimeoutMs, AbortSignal.any([over.signal, this.#closing.signal])).then(
      () => {
        limited.abort(launchTimeoutError(plan.image, podReadyTimeoutMs));
      },
      () => undefined,
    );
    try {
      const signal = AbortSignal.any([limited.signal, this.#closing.signal]);
      const launched = await this.#launcher.launch(plan, slot, signal);
      if (!launched.isShared) this.#madeHere.add(launched.pod.metadata.uid);
      this.#collector.kick();
      return launched;
    } finally {
      over.abort();
    }
  }

  async #dial(plan: PodPlan, { pod, name }: KnownPod, address: string, signal: AbortSignal): Promise<PodEndpoint> {
    const service = this.#fronts === undefined ? undefined : plan.service(name);
    const host = service === undefined ? address : await this.#fronts?.ensure(pod, service, signal);
    return await dialPod(this.#options.connect, host ?? address, signal);
  }

  #facts(known: KnownPod, seen: Sighting): CollectionFacts {
    const { clock, evaluationTimeoutMs, podReadyTimeoutMs } = this.#options;
    const { uid, key, slot } = known;
    const group = this.#groups.get(key);
    const holder = this.#index.holder(key, slot);
    return {
      nowMs: clock.now(),
      seen,
      ownLoad: group?.loadOf(uid) ?? 0,
      ownLastUseMs: this.#activity.lastUseMs(uid),
      condemned: this.#index.condemned(uid),
      isSurplus: slot >= 0 && holder !== undefined && holder.uid !== uid,
      wasMadeHere: this.#madeHere.has(uid),
      isOutdated: this.#versions.isOutdated(known, seen.firstMs),
      mayCollectShared: this.#mayCollectShared(),
      ttlMs: group?.plan.ttlMs,
      evaluationTimeoutMs,
      podReadyTimeoutMs,
    };
  }

  async #tidy(signal: AbortSignal): Promise<void> {
    for (const [key, group] of this.#groups) {
      if (group.isUnused && !this.#index.hasKey(key)) this.#groups.delete(key);
    }
    for (const uid of this.#madeHere) if (this.#index.get(uid) === undefined) this.#madeHere.delete(uid);
    const isAlive = (uid: string): boolean => this.#index.get(uid) !== undefined;
    this.#fronts?.forget(isAlive);
    if (this.#mayCollectShared()) await this.#fronts?.sweep(isAlive, signal);
    await this.#options.onScan?.(signal);
  }

  #mayCollectShared(): boolean {
    return this.#options.mayCollectShared?.() ?? true;
  }
}
