/** How a function ended inside its pod. */
export interface PodAnswer {
  readonly exitCode: number;
  /** stdout, unchanged. */
  readonly output: Uint8Array;
  /** Kept head and tail when it was long. */
  readonly stderr: Uint8Array;
  /** How much the function wrote to stderr before any cutting. */
  readonly stderrBytes: number;
  /** Results of a function that failed, where the in-pod server tells them without its stdout. */
  readonly results?: readonly PodResult[];
}

export interface PodResult {
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
}

/** The in-pod server of one pod. */
export interface PodEndpoint {
  /**
   * Resolves when the in-pod server says SERVING; keeps trying, without waiting for the kubelet's probes, until `signal`.
   *
   * @throws {RunnerError} `MAN_CONFIG` and others that the server will never get over
   */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Runs the function once. A non-zero exit code is an answer.
   *
   * @throws {RunnerError} `POD_LOST` when the connection broke or refused and the function may run elsewhere; `FUNCTION_*`
   *   as the in-pod server says; `CANCELLED`, `DEADLINE`
   */
  evaluate(
    request: { readonly image: string; readonly resourceList: Uint8Array },
    signal: AbortSignal,
  ): Promise<PodAnswer>;
  close(): void;
}

/** Opens the way to an in-pod server at `host:port`; connects with the first use. */
export type ConnectPod = (address: string) => PodEndpoint;
