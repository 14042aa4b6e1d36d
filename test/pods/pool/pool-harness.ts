import { createHash } from 'node:crypto';
import type { CounterLabels, CounterName, Counters } from '../../../src/core/counters.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { silentLog } from '../../../src/core/log.ts';
import { pods, services } from '../../../src/kubernetes/resources.ts';
import type { PodAnswer } from '../../../src/pods/pod-endpoint.ts';
import { manager } from '../../../src/kubernetes/manager.ts';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import type { PodPlan } from '../../../src/pods/pod-plan.ts';
import { Pool } from '../../../src/pods/pool/pool.ts';
import { ClusterDouble, type StoreDouble } from './cluster-double.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { PodServers } from './pod-servers.ts';

export interface Replica {
  readonly pool: Pool;
  readonly store: StoreDouble;
  readonly counted: readonly string[];
}

interface ReplicaSettings {
  readonly podAddress?: 'ip' | 'service';
  readonly scanIntervalMs?: number;
  readonly mayCollectShared?: () => boolean;
}

export const evaluationTimeoutMs = 30_000;
export const podReadyTimeoutMs = 60_000;
export const minuteMs = 60_000;

/** A cluster with a node, its pods' servers, and runners that share it. */
export class PoolHarness {
  readonly clock = new FakeClock();
  readonly cluster = new ClusterDouble(this.clock);
  readonly servers = new PodServers();
  readonly #replicas: Replica[] = [];
  #addresses = 0;

  /** Until told otherwise, pods run `startMs` after they were created. */
  constructor(startMs = 0) {
    this.startsAfter(startMs);
  }

  startsAfter(ms: number): void {
    this.cluster.created = (name) => {
      if (ms === 0) this.run(name);
      else this.clock.at(ms, () => this.run(name));
    };
  }

  /** Pods stay as the API server took them: no node looks at them. */
  neverStarts(): void {
    this.cluster.created = () => undefined;
  }

  /** Pods get this status as soon as they are there. */
  showsStatus(status: JsonObject): void {
    this.cluster.created = (name) => {
      this.cluster.setStatus(name, status);
    };
  }

  replica(
    name = 'a',
    { podAddress = 'ip', scanIntervalMs = minuteMs, mayCollectShared = () => true }: ReplicaSettings = {},
  ): Replica {
    const counted: string[] = [];
    const counters: Counters = {
      add: <N extends CounterName>(counter: N, labels: CounterLabels<N>) => {
        counted.push([counter, ...Object.values(labels)].join(' '));
      },
    };
    const store = this.cluster.store();
    const pool = new Pool({
      api: this.cluster.api(name),
      pods: store,
      resource: pods('fns'),
      services: services('fns'),
      connect: this.servers.connect,
      podAddress,
      podReadyTimeoutMs,
      evaluationTimeoutMs,
      scanIntervalMs,
      mayCollectShared,
      clock: this.clock,
      log: silentLog,
      counters,
    });
    const replica = { pool, store, counted };
    this.#replicas.push(replica);
    pool.start();
    return replica;
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map(async ({ pool }) => pool.close()));
    await settle();
  }

  /** The pod's container starts, and its in-pod server serves unless `isServing` says otherwise. */
  run(name: string, isServing = true): void {
    if (!this.cluster.has(name)) return;
    this.#addresses += 1;
    const podIP = `10.0.0.${String(this.#addresses)}`;
    if (isServing) this.servers.serve(`${podIP}:9446`);
    this.cluster.setStatus(name, runningStatus(podIP, 0, {}, this.clock.now()));
  }

  /** `host:port` of a pod that runs. */
  address(name: string): string {
    return `${this.cluster.pod(name).status.podIp}:9446`;
  }

  /** The pod's only container ends for good; the kubelet tells `tellMs` later. */
  kill(name: string, reason: string, exitCode: number, tellMs = 500): void {
    this.servers.lose(this.address(name));
    const { podIp } = this.cluster.pod(name).status;
    this.clock.at(tellMs, () => {
      const state = { terminated: { reason, exitCode } };
      this.cluster.setStatus(name, { phase: 'Failed', podIP: podIp, containerStatuses: [container(state)] });
    });
  }

  /** By all replicas that there were. */
  get counted(): readonly string[] {
    return this.#replicas.flatMap(({ counted }) => counted);
  }

  get podNames(): readonly string[] {
    return this.cluster.pods.map(({ metadata }) => metadata.name);
  }
}

export function container(state: JsonObject, restartCount = 0, lastState: JsonObject = {}): JsonObject {
  return { name: 'function', ready: false, restartCount, state, lastState };
}

export function runningStatus(podIP: string, restartCount = 0, lastState: JsonObject = {}, startedMs = 0): JsonObject {
  const running = startedMs === 0 ? {} : { startedAt: new Date(startedMs).toISOString() };
  return { phase: 'Running', podIP, containerStatuses: [container({ running }, restartCount, lastState)] };
}

export function waitingStatus(reason: string, message = ''): JsonObject {
  return { phase: 'Pending', containerStatuses: [container({ waiting: { reason, message } })] };
}

/** A plan as the planner makes them. */
export function planOf(changes: Partial<Omit<PodPlan, 'pod' | 'service'>> = {}): PodPlan {
  const key = changes.key ?? 'aaaaaaaaaaaaaaaa';
  const image = changes.image ?? 'registry.test/fn:v1';
  const repository = changes.repository ?? 'registry.test/fn';
  const ttlMs = changes.ttlMs ?? 30 * minuteMs;
  return {
    key,
    image,
    repository,
    maxPods: 1,
    maxWaitlist: 2,
    ttlMs,
    prepare: async () => Promise.resolve(),
    pod: (slot, lastHolderUid) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: podName(key, slot, lastHolderUid),
        labels: { [podMarks.managedBy]: manager, [podMarks.functionKey]: key, [podMarks.slot]: String(slot) },
        annotations: {
          [podMarks.requestedImage]: image,
          [podMarks.repository]: repository,
          [podMarks.ttlMs]: String(ttlMs),
        },
      },
      spec: { containers: [{ name: 'function', image }] },
    }),
    service: (name) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `svc-${name}` },
      spec: { clusterIP: 'None', ports: [{ port: 9446 }] },
    }),
    ...changes,
  };
}

export function podName(key: string, slot: number, lastHolderUid: string): string {
  const hash = createHash('sha256')
    .update(`${String(slot)}/${lastHolderUid}`)
    .digest('hex');
  return `fn-${key.slice(0, 4)}-${hash.slice(0, 8)}`;
}

const request = { image: 'registry.test/fn:v1', resourceList: new Uint8Array([1]) };

/** A signal that nobody aborts. */
export const patient: AbortSignal = new AbortController().signal;

type Ended = { readonly kind: 'answered' } | { readonly kind: 'failed'; readonly error: RunnerError };

/** One call, and how it ended so far. */
export class Call {
  readonly #controller = new AbortController();
  readonly #ends: Ended[] = [];
  readonly settled: Promise<void>;

  constructor({ pool }: Replica, plan: PodPlan) {
    this.settled = pool.run(plan, request, this.#controller.signal).then(
      (_answer: PodAnswer) => {
        this.#ends.push({ kind: 'answered' });
      },
      (error: unknown) => {
        if (!(error instanceof RunnerError)) throw error;
        this.#ends.push({ kind: 'failed', error });
      },
    );
  }

  /** `waiting`, `answered`, or the error's code. */
  get state(): string {
    const [end] = this.#ends;
    if (end === undefined) return 'waiting';
    return end.kind === 'answered' ? 'answered' : end.error.code;
  }

  /** How often it was settled. */
  get ends(): number {
    return this.#ends.length;
  }

  get error(): RunnerError {
    const [end] = this.#ends;
    if (end?.kind !== 'failed') throw new Error(`the call has not failed: ${this.state}`);
    return end.error;
  }

  cancel(reason = new RunnerError('CANCELLED', 'the caller has left')): void {
    this.#controller.abort(reason);
  }
}

export function calls(count: number, replica: Replica, plan: PodPlan): readonly Call[] {
  return Array.from({ length: count }, () => new Call(replica, plan));
}

/** Each state with how many calls are in it. */
export function statesOf(all: readonly Call[]): Readonly<Record<string, number>> {
  const states: Record<string, number> = {};
  for (const { state } of all) states[state] = (states[state] ?? 0) + 1;
  return states;
}
