import type { CallerLogin } from '../../credentials/caller.ts';
import type { MissingCredentials } from '../../credentials/missing-credentials.ts';
import type { Reference } from '../../image/reference.ts';

/** A pod, as far as its pull secrets go. */
export interface PulledPod {
  /** The function's image. */
  readonly reference: Reference;
  /** Those of all its containers, the function's among them. */
  readonly images: readonly Reference[];
  readonly serviceAccount: string;
  /** Whose credentials the function's image is to be pulled with. */
  readonly caller: CallerLogin | undefined;
}

/** What a pod is to be given. */
export interface ChosenSecrets {
  /** Names of secrets in its namespace, to go after those of the template. */
  readonly names: readonly string[];
  /** Whose credentials they hold, the same while only logins change; empty for those that every pod gets. No secret. */
  readonly scopeKey: string;
  /** What tells the caller's credentials from those of others, a part of the scope key; undefined without a caller. No secret. */
  readonly callerKey?: string | undefined;
  /** Images that the node will fail to pull, and why. */
  readonly warnings: readonly string[];
}

/** Pull secrets for function pods. */
export interface PodPullSecrets {
  /** Which ones a pod needs. No request, where nothing has changed: pods that run do without. @throws {RunnerError} `CFG_*` */
  choose(pod: PulledPod): Promise<ChosenSecrets>;
  /** Makes sure that they are there, as the pod is about to be created. @throws {RunnerError} `PULL_SECRET`, `CFG_*`, `CLUSTER_*` */
  ensure(pod: PulledPod, signal: AbortSignal): Promise<void>;
  /** Which of the secrets that it names hold nothing now. */
  missing?(pod: PulledPod): Promise<readonly MissingCredentials[]>;
  /** A node was refused the images of a pod. @returns whether the next one would be given other credentials */
  renew?(pod: PulledPod, signal: AbortSignal): Promise<boolean>;
}
