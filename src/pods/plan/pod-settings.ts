/** What flags and environment say about all function pods. */
export interface PodSettings {
  readonly namespace: string;
  readonly maxPods: number;
  readonly maxWaitlist: number;
  readonly ttlMs: number;
  readonly pinImageDigest: boolean;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Over that of the template, below that of a FunctionConfig; empty for none. */
  readonly serviceAccount: string;
  /** Counts for the inline template alone. */
  readonly readOnlyRoot: boolean;
  readonly podAddress: 'ip' | 'service';
  /** Holds the in-pod server; empty leaves the one that the template names. */
  readonly wrapperServerImage: string;
  readonly maxRequestBodySize: number;
}
