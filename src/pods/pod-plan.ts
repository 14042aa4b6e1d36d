import type { JsonObject } from '../core/json.ts';
import type { MissingCredentials } from '../credentials/missing-credentials.ts';

/** What the pods of one function are like, and how many there may be. Made anew for each call from what is in memory. */
export interface PodPlan {
  /**
   * 16 hexadecimal digits. Pods with the same key are interchangeable: it covers registry, path, digest, template version,
   * FunctionConfig overrides and credential scope. It is the value of the label `fn.kpt.dev/function-key`.
   */
  readonly key: string;
  /** As the caller wrote it, for messages. */
  readonly image: string;
  /** Registry and path without tag and digest. Plans with the same one and another key are other versions of one function. */
  readonly repository: string;
  /** Tells the callers apart that came with credentials of their own, without telling those; undefined for all others. */
  readonly callerKey?: string | undefined;
  readonly maxPods: number;
  /** Calls running on and waiting for one pod, past which another pod is added. */
  readonly maxWaitlist: number;
  /** How long a pod may be idle. */
  readonly ttlMs: number;
  /**
   * Makes sure that what its pods need is in the cluster; called before one is created.
   *
   * @throws {RunnerError} `PULL_SECRET`, `CLUSTER_*`
   */
  prepare(signal: AbortSignal): Promise<void>;
  /**
   * A node was refused the images of one of its pods.
   *
   * @returns whether the next pod would be given other credentials
   */
  renew?(signal: AbortSignal): Promise<boolean>;
  /** Pull secrets that its pods name and that hold nothing now: why a node may be refused its images. */
  missing?(): Promise<readonly MissingCredentials[]>;
  /**
   * The pod for a slot, 0 to `maxPods` - 1, whole and ready to be created. Its name ends in a hash of the slot and
   * `lastHolderUid`: the UID of the last pod known to hold the slot, empty when none is known.
   */
  pod(slot: number, lastHolderUid: string): JsonObject;
  /** The Service that fronts the pod of that name; undefined unless `--pod-address=service`. */
  service(podName: string): JsonObject | undefined;
}
