import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ContainerRunner } from './container-runner.ts';
import { ContainerView } from './container-view.ts';
import type { NodeParts } from './node-parts.ts';
import { PodNetwork } from './pod-network.ts';
import { PodReport } from './pod-report.ts';
import type { PodSpec } from './pod-spec.ts';
import { StatusWriter } from './status-writer.ts';

const maxBackOffMs = 300_000;

/** One pod on its node, from binding to removal. */
export class PodWorker {
  readonly pod: PodSpec;
  readonly #node: NodeParts;
  readonly #folder: string;
  readonly #inits: readonly ContainerView[];
  readonly #containers: readonly ContainerView[];
  readonly #statusOf = new PodReport();
  readonly #writer: StatusWriter;
  readonly #over = new AbortController();
  #network: PodNetwork | undefined;
  #scheduled: boolean;
  #schedulingMessage = '';
  #ended: { readonly reason: string; readonly message: string } | undefined;
  #ending: Promise<void> | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(node: NodeParts, pod: PodSpec) {
    this.pod = pod;
    this.#node = node;
    this.#folder = join(node.folder, 'pods', pod.uid);
    this.#scheduled = pod.nodeName !== '';
    this.#inits = pod.initContainers.map((spec) => new ContainerView(spec, 'PodInitializing'));
    const firstReason = this.#inits.length > 0 ? 'PodInitializing' : 'ContainerCreating';
    this.#containers = pod.containers.map((spec) => new ContainerView(spec, firstReason));
    this.#writer = new StatusWriter(async () => this.#write());
  }

  /** Address of the pod; empty while it has none. */
  get address(): string {
    return this.#network?.address ?? '';
  }

  /** What a container wrote in its present run. */
  log(container = 'function'): string {
    return this.#view(container)?.running?.log ?? '';
  }

  start(): void {
    this.#done = this.#run();
  }

  async #run(): Promise<void> {
    try {
      await this.#live();
    } catch (error) {
      if (!this.#over.signal.aborted) this.#node.note(error);
    }
  }

  /** Ends one container at once, as the kernel or a crash does. */
  async kill(reason: string, exitCode: number, container = 'function'): Promise<void> {
    await this.#view(container)?.running?.kill(reason, exitCode);
  }

  async cut(): Promise<void> {
    await this.#network?.cut();
  }

  /** The kubelet ends the pod for good and keeps it for people to look at. */
  async evict(reason: string, message: string): Promise<void> {
    this.#ended = { reason, message };
    await this.#end(0);
    await this.#write();
  }

  /** A pod that was deleted: it may end by itself for so long, then it is ended, and the API server is told that it is gone. */
  async delete(graceSeconds: number): Promise<void> {
    await this.#end(graceSeconds);
    if (this.#node.isLost()) return;
    await this.#write();
    await this.#node.api.remove(this.pod.name, this.pod.uid);
  }

  /** Nobody is told. */
  async destroy(): Promise<void> {
    await this.#end(0);
  }

  async #live(): Promise<void> {
    const { signal } = this.#over;
    await this.#schedule(signal);
    const runner = await this.#prepare();
    signal.throwIfAborted();
    this.#report();
    for (const view of this.#inits) await this.#initialize(runner, view, signal);
    await Promise.all(this.#containers.map(async (view) => this.#keep(runner, view, signal)));
  }

  async #prepare(): Promise<ContainerRunner> {
    const [folder, hosts] = [this.#folder, join(this.#folder, 'hosts')];
    await mkdir(folder, { recursive: true });
    const volumes = new Map<string, string>();
    for (const name of this.pod.volumes) {
      const path = join(folder, `volume-${name}`);
      await mkdir(path, { mode: 0o777 });
      volumes.set(name, path);
    }
    const network = await PodNetwork.create();
    this.#network = network;
    await writeFile(hosts, `127.0.0.1 localhost\n::1 localhost\n${network.address} ${this.pod.name}\n`);
    const report = (): void => {
      this.#report();
    };
    return new ContainerRunner({ node: this.#node, pod: this.pod, network, folder, hosts, volumes, report });
  }

  async #schedule(signal: AbortSignal): Promise<void> {
    if (this.#scheduled) return;
    const { architectures } = this.pod;
    const fits = architectures.length === 0 || architectures.includes(this.#node.architecture);
    const told = this.#node.behaviours.of('unschedulable', this.pod);
    if (!fits || told !== undefined) {
      this.#schedulingMessage =
        told?.message ?? "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
      this.#report();
      await this.#node.behaviours.end('unschedulable', this.pod, signal);
      if (!fits) await delay(2 ** 31 - 1, undefined, { signal, ref: false });
    }
    await this.#node.api.bind(this.pod.name, this.pod.uid, this.#node.name);
    this.#scheduled = true;
  }

  async #initialize(runner: ContainerRunner, view: ContainerView, signal: AbortSignal): Promise<void> {
    for (;;) {
      const exit = await runner.run(view, signal);
      if (exit.exitCode === 0) return;
      if (this.pod.restartPolicy === 'Never') throw new Error(`init container ${view.spec.name} failed`);
      await this.#backOff(view, signal);
    }
  }

  async #keep(runner: ContainerRunner, view: ContainerView, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { exitCode } = await runner.run(view, signal);
      const { restartPolicy } = this.pod;
      if (restartPolicy === 'Never' || (restartPolicy === 'OnFailure' && exitCode === 0)) return;
      await this.#backOff(view, signal);
    }
  }

  /** The first restart is at once. */
  async #backOff(view: ContainerView, signal: AbortSignal): Promise<void> {
    view.restarts += 1;
    if (view.restarts === 1) {
      view.lastState = view.state;
      return;
    }
    const backOffMs = Math.min(this.#node.backOffMs * 2 ** (view.restarts - 2), maxBackOffMs);
    const { name, namespace, uid } = this.pod;
    const times = `back-off ${String(backOffMs / 1000)}s restarting failed`;
    view.restartsAfter('CrashLoopBackOff', `${times} container=${view.spec.name} pod=${name}_${namespace}(${uid})`);
    this.#report();
    await delay(backOffMs, undefined, { signal });
  }

  async #end(graceSeconds: number): Promise<void> {
    this.#ending ??= this.#endNow(graceSeconds);
    await this.#ending;
  }

  async #endNow(graceSeconds: number): Promise<void> {
    this.#over.abort();
    const views = [...this.#inits, ...this.#containers];
    const running = views.flatMap((view) => (view.running === undefined ? [] : [view.running]));
    const exits = Promise.all(running.map(async (container) => container.exited));
    if (graceSeconds > 0) {
      for (const container of running) await container.signal('SIGTERM');
      const enough = new AbortController();
      await Promise.race([
        exits,
        delay(graceSeconds * 1000, undefined, { signal: enough.signal }).catch(() => undefined),
      ]);
      enough.abort();
    }
    for (const container of running) await container.signal('SIGKILL');
    await exits;
    // What was on its way has to come to its end, so that nothing is made anew.
    await this.#done;
    await this.#network?.remove();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #view(container: string): ContainerView | undefined {
    return this.#containers.find((view) => view.spec.name === container);
  }

  #report(): void {
    this.#writer.request();
  }

  async #write(): Promise<void> {
    if (this.#node.isLost()) return;
    const status = this.#statusOf.status({
      scheduled: this.#scheduled,
      schedulingMessage: this.#schedulingMessage,
      ended: this.#ended,
      podIp: this.address,
      restartPolicy: this.pod.restartPolicy,
      inits: this.#inits,
      containers: this.#containers,
    });
    try {
      await this.#node.api.setStatus(this.pod.name, this.pod.uid, status);
    } catch (error) {
      this.#node.note(error);
    }
  }
}
