import { podMarks } from '../../../src/pods/pod-marks.ts';
import { jsonAt } from '../../support/json-at.ts';
import { accessOf, NodeApi } from '../../support/node/node-api.ts';
import type { TestNode } from '../../support/node/node.ts';
import { podNamespace, type Stage } from './stage.ts';

interface CountedPod {
  readonly uid: string;
  readonly name: string;
  readonly key: string;
  readonly slot: number;
  readonly createdMs: number;
  readonly takesCalls: boolean;
}

/** How often a sample of the node is taken. */
const nodeIntervalMs = 100;

/**
 * Counts function pods all the time: with each change that the API server tells, and ten times a second with what the
 * node has. Of the pods of one slot that take calls the eldest serves, the others are surplus.
 */
export class PodCensus {
  /** Most pods that served at once under one function key. */
  mostServing = 0;
  /** The same of those that had an address on the node. */
  mostOnNode = 0;
  /** Longest time that a surplus pod was there to take calls. */
  longestSurplusMs = 0;
  /** Names of all pods that ever were. */
  readonly everSeen = new Set<string>();
  readonly #node: TestNode;
  readonly #api: NodeApi;
  readonly #pods = new Map<string, CountedPod>();
  readonly #surplusSinceMs = new Map<string, number>();
  readonly #stopping = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #done: Promise<void>;

  private constructor(node: TestNode, api: NodeApi) {
    this.#node = node;
    this.#api = api;
    this.#timer = setInterval(() => {
      this.#count();
    }, nodeIntervalMs);
    this.#done = this.#watch();
  }

  static async start({ cluster, node }: Stage): Promise<PodCensus> {
    return new PodCensus(node, new NodeApi(await accessOf(cluster.adminKubeconfig), podNamespace));
  }

  /** Pods that the API server has, those that are on their way out too. */
  get size(): number {
    return this.#pods.size;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#done;
    await this.#api.close();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      for await (const { type, pod } of this.#api.pods(signal)) {
        if (type === 'LISTED') this.#pods.clear();
        else if (type !== 'BOOKMARK') this.#hear(type, countedPod(pod));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #hear(type: string, pod: CountedPod): void {
    this.everSeen.add(pod.name);
    if (type === 'DELETED') this.#pods.delete(pod.uid);
    else this.#pods.set(pod.uid, pod);
    this.#count();
  }

  #count(): void {
    const byKey = Map.groupBy(
      [...this.#pods.values()].filter((pod) => pod.takesCalls),
      (pod) => pod.key,
    );
    const surplus = new Set<string>();
    for (const pods of byKey.values()) {
      const serving = [...Map.groupBy(pods, (pod) => pod.slot).values()].map((ofSlot) => eldest(ofSlot));
      const onNode = serving.filter((pod) => this.#node.address(pod.name) !== '');
      this.mostServing = Math.max(this.mostServing, serving.length);
      this.mostOnNode = Math.max(this.mostOnNode, onNode.length);
      for (const { uid } of pods) if (!serving.some((pod) => pod.uid === uid)) surplus.add(uid);
    }
    this.#time(surplus);
  }

  #time(surplus: ReadonlySet<string>): void {
    for (const uid of this.#surplusSinceMs.keys()) if (!surplus.has(uid)) this.#surplusSinceMs.delete(uid);
    for (const uid of surplus) {
      const sinceMs = this.#surplusSinceMs.get(uid) ?? Date.now();
      this.#surplusSinceMs.set(uid, sinceMs);
      this.longestSurplusMs = Math.max(this.longestSurplusMs, Date.now() - sinceMs, 1);
    }
  }
}

function countedPod(pod: unknown): CountedPod {
  const meta = (...path: readonly string[]): unknown => jsonAt(pod, 'metadata', ...path);
  const ended = ['Failed', 'Succeeded'].includes(String(jsonAt(pod, 'status', 'phase')));
  const isLeaving = meta('deletionTimestamp') ?? meta('annotations', podMarks.drainingSinceMs);
  return {
    uid: String(meta('uid')),
    name: String(meta('name')),
    key: String(meta('labels', podMarks.functionKey)),
    slot: Number(meta('labels', podMarks.slot)),
    createdMs: Date.parse(String(meta('creationTimestamp'))),
    takesCalls: !ended && isLeaving === undefined,
  };
}

function eldest(pods: readonly CountedPod[]): CountedPod {
  return pods.reduce((best, pod) => {
    const difference = pod.createdMs - best.createdMs;
    return difference < 0 || (difference === 0 && pod.uid < best.uid) ? pod : best;
  });
}
