import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { type CounterLabels, type CounterName, type Counters, counterTable } from '../core/counters.ts';

/** One finished RPC. */
export interface RpcObservation {
  readonly service: string;
  readonly method: string;
  /** The number of the gRPC status. */
  readonly statusCode: number;
  readonly durationMs: number;
}

/** Milliseconds; the bounds that OpenTelemetry gives `rpc.server.duration`. */
const durationBuckets = [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

/** Counts decisions and RPCs and prints them in Prometheus' text format. */
export class Metrics implements Counters {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #rpcDuration: Histogram<'rpc_system' | 'rpc_service' | 'rpc_method' | 'rpc_grpc_status_code'>;

  constructor() {
    for (const [name, row] of Object.entries(counterTable)) {
      const counter = new Counter({
        name: `function_runner_${name}_total`,
        help: row.help,
        labelNames: [...row.labels],
        registers: [this.#registry],
      });
      this.#counters.set(name, counter);
    }
    this.#rpcDuration = new Histogram({
      name: 'rpc_server_duration_milliseconds',
      help: 'Duration of inbound RPCs, named as by OpenTelemetry',
      labelNames: ['rpc_system', 'rpc_service', 'rpc_method', 'rpc_grpc_status_code'],
      buckets: durationBuckets,
      registers: [this.#registry],
    });
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  add<N extends CounterName>(name: N, labels: CounterLabels<N>, by = 1): void {
    this.#counters.get(name)?.inc({ ...labels }, by);
  }

  observeRpc(rpc: RpcObservation): void {
    this.#rpcDuration.observe(
      {
        rpc_system: 'grpc',
        rpc_service: rpc.service,
        rpc_method: rpc.method,
        rpc_grpc_status_code: String(rpc.statusCode),
      },
      rpc.durationMs,
    );
  }

  async text(): Promise<string> {
    return this.#registry.metrics();
  }
}
