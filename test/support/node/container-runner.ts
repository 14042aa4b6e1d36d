import { appendFile, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { containerCommand } from './container-command.ts';
import type { ContainerView } from './container-view.ts';
import type { NodeImage } from './node-images.ts';
import type { NodeParts } from './node-parts.ts';
import type { PodNetwork } from './pod-network.ts';
import type { PodSpec } from './pod-spec.ts';
import { untilProbed } from './probe.ts';
import { imageFor } from './pull-image.ts';
import { type ContainerExit, RunningContainer } from './running-container.ts';
import { userOf } from './user-of.ts';

/** Where the containers of one pod are. */
interface PodPlace {
  readonly node: NodeParts;
  readonly pod: PodSpec;
  readonly network: PodNetwork;
  readonly folder: string;
  readonly hosts: string;
  readonly volumes: ReadonlyMap<string, string>;
  /** Called when a view has changed. */
  readonly report: () => void;
}

/** Runs the containers of one pod, each time from the image to the end. */
export class ContainerRunner {
  readonly #place: PodPlace;

  constructor(place: PodPlace) {
    this.#place = place;
  }

  /** Brings the image, starts the container, probes it and waits for its end. */
  async run(view: ContainerView, signal: AbortSignal): Promise<ContainerExit> {
    const { node, pod, report } = this.#place;
    const image = await imageFor({ node, pod, view, report, signal });
    view.imageId = image.id;
    const isFunction = view.spec.name === 'function';
    const told = isFunction ? node.behaviours.of('waits', pod) : undefined;
    if (told !== undefined) {
      view.waits(told.reason, told.message);
      report();
      await node.behaviours.end('waits', pod, signal);
    }
    const slow = isFunction ? node.behaviours.of('slow-start', pod) : undefined;
    if (slow !== undefined) await delay(slow.delayMs, undefined, { signal });
    const exit = await this.#process(view, image, signal);
    view.ended(exit);
    report();
    signal.throwIfAborted();
    return exit;
  }

  async #process(view: ContainerView, image: NodeImage, signal: AbortSignal): Promise<ContainerExit> {
    const { node, pod, report, network, hosts, volumes } = this.#place;
    const crash = view.spec.name === 'function' ? node.behaviours.of('crashes', pod) : undefined;
    if (crash !== undefined) {
      view.runs();
      return { exitCode: crash.exitCode, reason: crash.reason ?? 'Error', message: '' };
    }
    const user = await userOf(view.spec, image);
    if (user.uid === 0 && view.spec.nonRoot) {
      view.waits('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root');
      report();
      await delay(2 ** 31 - 1, undefined, { signal, ref: false });
    }
    const root = await this.#rootFor(view, image);
    const place = {
      root,
      hostname: pod.name.slice(0, 63),
      networkPid: network.pid,
      hosts,
      volumes,
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
    const { report, network } = this.#place;
    try {
      const pid = await running.started;
      view.runs();
      report();
      const target = { address: network.address, pid };
      await untilProbed(view.spec.startupProbe, target, signal);
      await untilProbed(view.spec.readinessProbe, target, signal);
      signal.throwIfAborted();
      view.ready = true;
      report();
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
    const root = join(this.#place.folder, `root-${view.spec.name}-${String(view.restarts)}`);
    await cp(image.root, root, { recursive: true, verbatimSymlinks: true });
    return root;
  }
}
