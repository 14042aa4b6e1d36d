/** One row per counter: its Prometheus name (without the `function_runner_` prefix and `_total`), help and label names. */
export const counterTable = {
  evaluations: { help: 'Function evaluations by runtime and outcome', labels: ['runtime', 'outcome'] },
  resolutions: { help: 'Image resolutions by where the answer came from and outcome', labels: ['source', 'outcome'] },
  registry_requests: { help: 'HTTP requests to registries and token services', labels: ['kind', 'status'] },
  registry_retries: { help: 'Registry requests repeated after a temporary failure', labels: ['reason'] },
  trust_steps: { help: 'Steps of the TLS chain by outcome', labels: ['step', 'outcome'] },
  token_requests: { help: 'Token requests by outcome', labels: ['outcome'] },
  credential_fallbacks: { help: 'Times the next matching credential was tried after 401 or 403', labels: [] },
  credential_helper_runs: { help: 'Runs of credential helpers by outcome', labels: ['outcome'] },
  credential_provider_runs: {
    help: 'Runs of image credential providers by provider and outcome',
    labels: ['provider', 'outcome'],
  },
  mirror_fallbacks: { help: 'Times a mirror was of no use by why, and another host was asked', labels: ['reason'] },
  signature_checks: { help: 'Checks of image signatures that asked a registry, by outcome', labels: ['outcome'] },
  mounted_file_reloads: { help: 'Reloads of mounted files by file kind and outcome', labels: ['file', 'outcome'] },
  layers_unpacked: { help: 'Image layers unpacked into the local store', labels: ['outcome'] },
  store_evictions: { help: 'Images removed from the local store to stay within its size', labels: [] },
  api_requests: { help: 'Requests to the Kubernetes API server', labels: ['verb', 'resource', 'status'] },
  api_retries: { help: 'Writes to the Kubernetes API server repeated after a temporary failure', labels: ['reason'] },
  watch_restarts: { help: 'Watches opened anew by resource and why', labels: ['resource', 'reason'] },
  pull_secret_writes: { help: 'Writes of the replicated pull secret by outcome', labels: ['outcome'] },
  pod_starts: { help: 'Function pods started by outcome', labels: ['outcome'] },
  pod_collections: { help: 'Function pods deleted by why', labels: ['reason'] },
  pod_retries: { help: 'Evaluations repeated on another pod', labels: ['reason'] },
} as const;

export type CounterName = keyof typeof counterTable;
export type CounterLabels<N extends CounterName> = Readonly<Record<(typeof counterTable)[N]['labels'][number], string>>;

/** Counts decisions where they are made; `observe/metrics.ts` is the one that publishes them. */
export interface Counters {
  add<N extends CounterName>(name: N, labels: CounterLabels<N>, by?: number): void;
}

export const noCounters: Counters = { add: () => undefined };
