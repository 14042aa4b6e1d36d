import { mkdir } from 'node:fs/promises';
import { jsonList } from '../json-at.ts';
import { tempFolder } from '../temp-folder.ts';
import { type Behaviour, Behaviours } from './behaviour.ts';
import { type NodeAccess, NodeApi, type WrittenStatus } from './node-api.ts';
import { NodeImages, type NodeRegistry, type PullTry } from './node-images.ts';
import type { NodeParts } from './node-parts.ts';
import { type PodSpec, readPodSpec } from './pod-spec.ts';
import { PodWorker } from './pod-worker.ts';

export interface NodeOptions {
  readonly access: NodeAccess;
  /** Whose pods it runs. */
  readonly namespace: string;
  readonly registries: readonly NodeRegistry[];
  readonly name?: string;
  /** Default: this machine's, like `amd64`. */
  readonly architecture?: string;
  /** First back-off of pulls and of crashes; a kubelet's is 10,000, and so is the default. */
  readonly backOffMs?: number;
}

/** Names a pod, or tells which ones are meant. */
type PodChoice = string | ((pod: PodSpec) => boolean);

/** A node, with the scheduler that gives it every pod. Needs root, iproute2, bubblewrap and skopeo. */
export interface TestNode {
  /** What went wrong in the node itself, which is never a pod's failure. */
  readonly errors: readonly string[];
  /** Every try to pull an image. */
  readonly pulls: readonly PullTry[];
  /** Every status that it has written. */
  readonly statuses: readonly WrittenStatus[];
  /** Names of the pods that it has. */
  pods(): readonly string[];
  /** Address of a pod; empty while it has none. */
  address(pod: string): string;
  /** What the container `function` of a pod wrote to stdout and stderr. */
  log(pod: string): string;
  /** Fails these pods so until the function that it returns is called. */
  behave(choice: PodChoice, behaviour: Behaviour): () => void;
  /** Ends the container `function` at once. Default: OOMKilled, 137. */
  kill(pod: string, how?: { readonly reason: string; readonly exitCode: number }): Promise<void>;
  /** Drops all packets to and from the pod, in silence. */
  cut(pod: string): Promise<void>;
  evict(pod: string, message?: string): Promise<void>;
  /** The node is gone: no packets, no statuses, deletions are not heard of. */
  lose(): Promise<void>;
  /** Ends and removes everything; pods stay in the API server. */
  stop(): Promise<void>;
}

/** Begins to watch pods. */
export async function startNode(options: NodeOptions): Promise<TestNode> {
  const folder = await tempFolder('node');
  const node = new RunningNode(options, folder.path);
  node.start();
  return {
    errors: node.errors,
    pulls: node.parts.images.tries,
    statuses: node.parts.api.statuses,
    pods: () => node.workers.map((worker) => worker.pod.name),
    address: (pod) => node.worker(pod)?.address ?? '',
    log: (pod) => node.worker(pod)?.log() ?? '',
    behave: (choice, behaviour) => {
      const matches = typeof choice === 'string' ? (pod: PodSpec): boolean => pod.name === choice : choice;
      return node.parts.behaviours.add(matches, behaviour);
    },
    kill: async (pod, how = { reason: 'OOMKilled', exitCode: 137 }) => node.worker(pod)?.kill(how.reason, how.exitCode),
    cut: async (pod) => node.worker(pod)?.cut(),
    evict: async (pod, message = 'The node was low on resource: memory.') =>
      node.worker(pod)?.evict('Evicted', message),
    lose: async () => node.lose(),
    stop: async () => {
      await node.stop();
      await folder.remove();
    },
  };
}

class RunningNode {
  readonly errors: string[] = [];
  readonly parts: NodeParts;
  readonly #workers = new Map<string, PodWorker>();
  readonly #stopping = new AbortController();
  readonly #folder: string;
  #isLost = false;
  #loop: Promise<void> | undefined;

  constructor(options: NodeOptions, folder: string) {
    this.#folder = folder;
    this.parts = {
      name: options.name ?? 'test-node',
      architecture: options.architecture ?? (process.arch === 'x64' ? 'amd64' : process.arch),
      folder,
      api: new NodeApi(options.access, options.namespace),
      images: new NodeImages(folder, options.registries),
      behaviours: new Behaviours(),
      backOffMs: options.backOffMs ?? 10_000,
      isLost: () => this.#isLost,
      note: (error) => {
        if (!this.#stopping.signal.aborted) this.errors.push(String(error));
      },
    };
  }

  get workers(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }

  worker(name: string): PodWorker | undefined {
    return this.workers.find((worker) => worker.pod.name === name);
  }

  start(): void {
    this.#loop = this.#watch();
  }

  async lose(): Promise<void> {
    this.#isLost = true;
    await Promise.all(this.workers.map(async (worker) => worker.cut()));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await Promise.all(this.workers.map(async (worker) => worker.destroy()));
    await this.parts.api.close();
  }

  async #watch(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for await (const { type, pod } of this.parts.api.pods(signal)) {
          if (type === 'LISTED') this.#forgetOthers(pod);
          else this.#hear(type, readPodSpec(pod));
        }
      } catch {
        // The API server is away, or we stop.
        if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  #hear(type: string, pod: PodSpec): void {
    if (this.#isLost || type === 'BOOKMARK') return;
    const known = this.#workers.get(pod.uid);
    if (type === 'DELETED') {
      if (known !== undefined) this.#finish(pod.uid, known.destroy());
      return;
    }
    if (pod.graceSeconds !== undefined) {
      if (known !== undefined) this.#finish(pod.uid, known.delete(pod.graceSeconds));
      else if (pod.nodeName === this.parts.name) this.#note(this.parts.api.remove(pod.name, pod.uid));
      return;
    }
    const isOurs = pod.nodeName === '' || pod.nodeName === this.parts.name;
    if (known !== undefined || !isOurs || pod.phase === 'Failed' || pod.phase === 'Succeeded') return;
    const worker = new PodWorker(this.parts, pod);
    this.#workers.set(pod.uid, worker);
    worker.start();
  }

  #finish(uid: string, ending: Promise<void>): void {
    this.#note(ending.then(() => this.#workers.delete(uid)));
  }

  #note(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.parts.note(error);
    });
  }

  #forgetOthers(list: unknown): void {
    const there = new Set(jsonList(list, 'items').map((pod) => readPodSpec(pod).uid));
    for (const [uid, worker] of this.#workers) if (!there.has(uid)) this.#finish(uid, worker.destroy());
  }
}
