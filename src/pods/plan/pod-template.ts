import type { JsonObject } from '../../core/json.ts';

/** Fields that plans read or change; every other one goes to the cluster as it is. Shapes: Kubernetes API, Container v1. */
export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly args?: readonly string[];
  readonly env?: readonly NamedObject[];
  readonly volumeMounts?: readonly JsonObject[];
  readonly [field: string]: unknown;
}

export interface NamedObject {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Shapes: Kubernetes API, PodSpec v1. */
export interface PodSpec {
  /** The first one copies the in-pod server. */
  readonly initContainers: readonly [Container, ...Container[]];
  /** Exactly one is called {@link functionContainer}. */
  readonly containers: readonly Container[];
  readonly volumes?: readonly NamedObject[];
  readonly imagePullSecrets?: readonly JsonObject[];
  readonly affinity?: JsonObject;
  readonly [field: string]: unknown;
}

/** What function pods are made from, checked. */
export interface PodTemplate {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** What the Services of function pods are made from, checked. */
export interface ServiceTemplate {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
}

/** Name of the container that runs the function, in every template. */
export const functionContainer = 'function';

/** Port of the in-pod server. */
export const inPodPort = 9446;

/** Where the in-pod server is copied to; the volume of that name is mounted there. */
export const toolsFolder = '/wrapper-server-tools';
