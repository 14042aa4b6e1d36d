import type { JsonObject } from '../../core/json.ts';
import type { Reference } from '../../image/reference.ts';

/** Images that a FunctionConfig is about: `domain`, then `prefix`, then any path that ends in the function's name. */
export type Repository = Pick<Reference, 'domain'> & {
  /** Path without slashes around it; may be empty. */
  readonly prefix: string;
};

/** What a FunctionConfig changes about the pods of its function; shapes as in a pod's spec. */
export interface PodOverrides {
  readonly serviceAccountName?: string;
  /** Of the pod. */
  readonly securityContext?: JsonObject;
  /** `resources`, `env` and `envFrom` of the container that copies the in-pod server. */
  readonly initContainer?: JsonObject;
  /** `resources`, `env` and `envFrom` of the container that runs the function. */
  readonly container?: JsonObject;
}

/** `config.porch.kpt.dev/v1alpha1` FunctionConfig, as far as it is this service's business. */
export interface FunctionConfig {
  readonly name: string;
  readonly generation: number;
  /** `spec.image`: the last part or parts of an image's path. */
  readonly image: string;
  /** Where images have to be; undefined: anywhere. */
  readonly repositories: readonly Repository[] | undefined;
  readonly pod:
    | {
        /** Empty: all. */
        readonly tags: readonly string[];
        readonly ttlMs?: number;
        readonly maxPods?: number;
        readonly maxWaitlist?: number;
        readonly readOnlyRoot?: boolean;
        /** Names of secrets beside the pods, in their order; none without the annotation. */
        readonly pullSecrets?: readonly string[];
        readonly imagePullPolicy?: ImagePullPolicy;
        readonly overrides: PodOverrides;
        /** Image whose pod is to be started ahead; undefined without tags. */
        readonly warmUpImage?: string;
      }
    | undefined;
  readonly executable:
    | {
        /** Absolute, or relative to the folder of function executables. */
        readonly path: string;
        readonly tags: readonly string[];
      }
    | undefined;
}

/** Kubernetes API, Container v1. */
export type ImagePullPolicy = 'Always' | 'IfNotPresent' | 'Never';

/** Annotations of a FunctionConfig that are ours: Porch's kind has no field for them, and keeps what it does not know. */
export const configAnnotations = {
  /** `true` or `false` for a read-only root file system of the function. */
  readOnlyRoot: 'fn.kpt.dev/read-only-root',
  /** Comma-separated names of pull secrets for the function's pods and for finding its image. */
  pullSecrets: 'fn.kpt.dev/pull-secrets',
  /** `Always`, `IfNotPresent` or `Never`, of the function's container. */
  imagePullPolicy: 'fn.kpt.dev/image-pull-policy',
} as const;
