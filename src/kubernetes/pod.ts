import type { ApiObject } from './object.ts';

/** What a container does. Shapes: Kubernetes API, ContainerState v1. */
export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly startedMs: number }
  | { readonly kind: 'terminated'; readonly exitCode: number; readonly reason: string; readonly message: string }
  | { readonly kind: 'unknown' };

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: ContainerState;
  /** How it ended the last time. */
  readonly lastState: ContainerState;
}

export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch; 0 when not told. */
  readonly transitionMs: number;
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export interface PodStatus {
  readonly phase: PodPhase;
  readonly reason: string;
  readonly message: string;
  /** Empty until it has one. */
  readonly podIp: string;
  readonly conditions: readonly PodCondition[];
  readonly initContainers: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
}

/** A pod as read from the API server. */
export interface Pod extends ApiObject {
  /** Empty until it is scheduled. */
  readonly nodeName: string;
  readonly status: PodStatus;
}
