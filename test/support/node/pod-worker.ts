import { appendFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { containerCommand } from './container-command.ts';
import { ContainerView } from './container-view.ts';
import type { NodeImage } from './node-images.ts';
import type { NodeParts } from './node-parts.ts';
import { PodNetwork } from './pod-network.ts';
import { PodReport } from './pod-report.ts';
import type { PodSpec } from './pod-spec.ts';
import { untilProbed } from './probe.ts';
import { imageFor } from './pull-image.ts';
import { type ContainerExit, RunningContainer } from './running-container.ts';
import { StatusWriter } from './status-writer.ts';
import { userOf } from './user-of.ts';

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
  readonly #volumes = new Map<string, string>();
  readonly #hosts: string;
  #network: PodNetwork | undefined;
  #scheduled: boolean;
  #schedulingMessage = '';
  #ended: { readonly reason: string; readonly message: string } | undefined;
  #ending: Promise<void> | undefined;

  constructor(node: NodeParts, pod: PodSpec) {
    this.pod = pod;
    this.#node = node;
    this.#folder = join(node.folder, 'pods', pod.uid);
    this.#hosts = join(this.#folder, 'hosts');
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

  /** Resolves when there is nothing more to do for the pod. */
  async run(): Promise<void> {
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
    await mkdir(this.#folder, { recursive: true });
    for (const name of this.pod.volumes) {
      const path = join(this.#folder, `volume-${name}`);
      await mkdir(path, { mode: 0o777 });
      this.#volumes.set(name, path);
    }
    this.#network = await PodNetwork.create();
    signal.throwIfAborted();
    await writeFile(this.#hosts, `127.0.0.1 localhost\n::1 localhost\n${this.address} ${this.pod.name}\n`);
    this.#report();
    for (const view of this.#inits) await this.#initialize(view, signal);
    await Promise.all(this.#containers.map(async (view) => this.#keep(view, signal)));
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

  async #initialize(view: ContainerView, signal: AbortSignal): Promise<void> {
    for (;;) {
      const exit = await this.#runOnce(view, signal);
      if (exit.exitCode === 0) return;
      if (this.pod.restartPolicy === 'Never') throw new Error(`init container ${view.spec.name} failed`);
      await this.#backOff(view, signal);
    }
  }

  async #keep(view: ContainerView, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { exitCode } = await this.#runOnce(view, signal);
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

  async #runOnce(view: ContainerView, signal: AbortSignal): Promise<ContainerExit> {
    const report = (): void => {
      this.#report();
    };
    const image = await imageFor({ node: this.#node, pod: this.pod, view, report, signal });
    view.imageId = image.id;
    const isFunction = view.spec.name === 'function';
    const told = isFunction ? this.#node.behaviours.of('waits', this.pod) : undefined;
    if (told !== undefined) {
      view.waits(told.reason, told.message);
      this.#report();
      await this.#node.behaviours.end('waits', this.pod, signal);
    }
    const slow = isFunction ? this.#node.behaviours.of('slow-start', this.pod) : undefined;
    if (slow !== undefined) await delay(slow.delayMs, undefined, { signal });
    const exit = await this.#process(view, image, signal);
    view.ended(exit);
    this.#report();
    signal.throwIfAborted();
    return exit;
  }

  async #process(view: ContainerView, image: NodeImage, signal: AbortSignal): Promise<ContainerExit> {
    const crash = view.spec.name === 'function' ? this.#node.behaviours.of('crashes', this.pod) : undefined;
    if (crash !== undefined) {
      view.runs();
      return { exitCode: crash.exitCode, reason: crash.reason ?? 'Error', message: '' };
    }
    const user = await userOf(view.spec, image);
    if (user.uid === 0 && view.spec.nonRoot) {
      view.waits('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root');
      this.#report();
      await delay(2 ** 31 - 1, undefined, { signal, ref: false });
    }
    const root = await this.#rootFor(view, image);
    const place = {
      root,
      hostname: this.pod.name.slice(0, 63),
      networkPid: this.#network?.pid ?? -1,
      hosts: this.#hosts,
      volumes: this.#volumes,
    };
    const running = new RunningContainer(containerCommand(view.spec, image, { ...place, ...user }));
    view.running = running;
    if (signal.aborted) await running.signal('SIGKILL');
    const probing = new AbortController();
    const probed = this.#probe(view, running, AbortSignal.any([signal, probing.signal]));
    const exit = await running.exited;
    probing.abort();
    await probed;
    return exit;
  }

  async #probe(view: ContainerView, running: RunningContainer, signal: AbortSignal): Promise<void> {
    try {
      const pid = await running.started;
      view.runs();
      this.#report();
      const target = { address: this.address, pid };
      await untilProbed(view.spec.startupProbe, target, signal);
      await untilProbed(view.spec.readinessProbe, target, signal);
      signal.throwIfAborted();
      view.ready = true;
      this.#report();
    } catch {
      // It has ended first.
    }
  }

  /** Where nothing can be written, pods share the image's own root. */
  async #rootFor(view: ContainerView, image: NodeImage): Promise<string> {
    for (const path of ['/proc', '/dev', '/etc', ...view.spec.mounts.map((mount) => mount.path)]) {
      await mkdir(join(image.root, path), { recursive: true });
    }
    // A mount needs a file to be on.
    await appendFile(join(image.root, 'etc/hosts'), '');
    if (view.spec.readOnlyRoot) return image.root;
    const root = join(this.#folder, `root-${view.spec.name}-${String(view.restarts)}`);
    await cp(image.root, root, { recursive: true, verbatimSymlinks: true });
    return root;
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
