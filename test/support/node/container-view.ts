import type { Json } from './node-api.ts';
import type { ContainerSpec } from './pod-spec.ts';
import type { ContainerExit, RunningContainer } from './running-container.ts';

/** What a kubelet tells of one container. Shapes: Kubernetes API, ContainerStatus v1. */
export class ContainerView {
  readonly spec: ContainerSpec;
  state: Json;
  lastState: Json = {};
  ready = false;
  restarts = 0;
  /** Whether it has ever run. */
  wasStarted = false;
  imageId = '';
  running: RunningContainer | undefined;
  #startedAt = new Date(0).toISOString();

  constructor(spec: ContainerSpec, firstReason: string) {
    this.spec = spec;
    this.state = { waiting: { reason: firstReason } };
  }

  get exitCode(): number | undefined {
    const { terminated } = this.state;
    return typeof terminated === 'object' && terminated !== null && 'exitCode' in terminated
      ? Number(terminated.exitCode)
      : undefined;
  }

  waits(reason: string, message: string): void {
    this.state = { waiting: { reason, message } };
  }

  runs(): void {
    this.#startedAt = now();
    this.wasStarted = true;
    this.state = { running: { startedAt: this.#startedAt } };
  }

  ended({ exitCode, reason, message }: ContainerExit): void {
    this.ready = false;
    this.running = undefined;
    const times = { startedAt: this.#startedAt, finishedAt: now() };
    this.state = { terminated: { exitCode, reason, ...(message !== '' && { message }), ...times } };
  }

  /** It will be started again. */
  restartsAfter(reason: string, message: string): void {
    this.lastState = this.state;
    this.waits(reason, message);
  }

  status(): Json {
    const { spec, state, lastState, ready, restarts, imageId } = this;
    const started = 'running' in state;
    return {
      name: spec.name,
      image: spec.image,
      imageID: imageId,
      state,
      lastState,
      ready,
      restartCount: restarts,
      started,
    };
  }
}

export function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
