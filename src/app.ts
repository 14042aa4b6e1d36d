import type { AppOverrides } from './app-overrides.ts';
import { bindHost } from './bind-host.ts';
import type { Options } from './config/options.ts';
import { systemClock } from './core/clock.ts';
import { noCounters } from './core/counters.ts';
import { RunnerError } from './core/errors.ts';
import { silentLog } from './core/log.ts';
import { GrpcServer } from './grpc/server.ts';
import { metricsAddress } from './observe/metrics-address.ts';
import { startMetricsServer, type MetricsServer } from './observe/metrics-server.ts';
import { Metrics } from './observe/metrics.ts';
import { serverTls } from './server-tls.ts';
import { wireEvaluator, type WiredEvaluator } from './wire-evaluator.ts';
import { type Surroundings, wireResolver, type WiredResolver } from './wire-resolver.ts';

const defaultMaxConnectionAgeMs = 5 * 60_000;

/** The whole service in one object. */
export interface App {
  /**
   * Resolves when the service takes calls and health says SERVING.
   *
   * @throws {RunnerError} `CFG_*`, `CLUSTER_*`; `SHUTTING_DOWN` when it is stopped meanwhile. Nothing is left open then.
   */
  start(): Promise<void>;
  /** Graceful stop, at most once; aborting `hurry` skips its waiting. */
  stop(hurry?: AbortSignal): Promise<void>;
  /** `host:port` of the gRPC service, once started. */
  readonly address: string;
  /** `host:port` of `/metrics`; undefined when turned off. */
  readonly metricsAddress: string | undefined;
}

interface Parts {
  readonly resolver: WiredResolver;
  readonly evaluator: WiredEvaluator;
}

/** Wires the service from its flags; nothing is opened before `start`. */
export function createApp(options: Options, overrides: AppOverrides = {}): App {
  return new Service(options, overrides);
}

class Service implements App {
  readonly #options: Options;
  readonly #surroundings: Surroundings;
  readonly #metrics: Metrics | undefined;
  readonly #grpc: GrpcServer;
  /** Calls that come in while the parts are being made wait for them. */
  readonly #parts = Promise.withResolvers<Parts>();
  #metricsServer: MetricsServer | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: Options, overrides: AppOverrides) {
    const environment = overrides.environment ?? {};
    const log = overrides.log ?? silentLog;
    this.#options = options;
    this.#metrics = metricsAddress(environment, options.bindAddress) === undefined ? undefined : new Metrics();
    this.#surroundings = { environment, log, counters: this.#metrics ?? noCounters, overrides };
    this.#parts.promise.catch(() => undefined);
    this.#grpc = this.#createServer();
  }

  get address(): string {
    return this.#grpc.address;
  }

  get metricsAddress(): string | undefined {
    return this.#metricsServer?.address;
  }

  async start(): Promise<void> {
    try {
      await this.#startMetrics();
      await this.#grpc.listen();
      this.#open().catch((error: unknown) => {
        this.#parts.reject(error);
      });
      await this.#parts.promise;
      if (this.#stopping !== undefined) throw stoppedError();
    } catch (error) {
      this.#parts.reject(error);
      await this.stop(AbortSignal.abort());
      throw error;
    }
    this.#grpc.health.set('SERVING');
    this.#surroundings.log.info('serving', { address: this.address, metrics: this.metricsAddress });
  }

  async stop(hurry?: AbortSignal): Promise<void> {
    this.#stopping ??= this.#stop(hurry);
    return this.#stopping;
  }

  async #stop(hurry: AbortSignal | undefined): Promise<void> {
    this.#surroundings.log.info('stopping');
    await this.#grpc.stop(hurry);
    this.#parts.reject(stoppedError());
    const parts = await this.#parts.promise.catch(() => undefined);
    if (parts !== undefined) await closeParts(parts);
    await this.#metricsServer?.stop();
    this.#surroundings.log.info('stopped');
  }

  /** An API server that does not answer makes this long: whoever stops the service does not wait for it. */
  async #open(): Promise<void> {
    const parts = await this.#wire();
    this.#parts.resolve(parts);
    const kept = await this.#parts.promise.catch(() => undefined);
    if (kept !== parts) await closeParts(parts);
  }

  async #wire(): Promise<Parts> {
    const resolver = await wireResolver(this.#options, this.#surroundings);
    try {
      return { resolver, evaluator: await wireEvaluator(this.#options, resolver, this.#surroundings) };
    } catch (error) {
      await resolver.close();
      throw error;
    }
  }

  async #startMetrics(): Promise<void> {
    const { environment } = this.#surroundings;
    const target = metricsAddress(environment, bindHost(this.#options.bindAddress));
    if (target === undefined || this.#metrics === undefined) return;
    const isServing = (): boolean => this.#grpc.health.serving;
    this.#metricsServer = await startMetricsServer({ ...target, metrics: this.#metrics, isServing });
  }

  #createServer(): GrpcServer {
    const { log, counters, overrides } = this.#surroundings;
    const options = this.#options;
    const tls = serverTls(options, { log, counters });
    return new GrpcServer({
      host: bindHost(options.bindAddress),
      port: options.port,
      maxMessageBytes: options.maxRequestBodySize,
      maxConcurrentEvaluations: options.maxConcurrentEvaluations,
      drainDelayMs: options.drainDelayMs,
      drainTimeoutMs: options.evaluationTimeoutMs,
      maxConnectionAgeMs: overrides.maxConnectionAgeMs ?? defaultMaxConnectionAgeMs,
      ...(tls && { tls }),
      allowInsecureRegistryAuth: options.allowInsecureRegistryAuth,
      resolver: {
        resolve: async (image, resolveOptions) =>
          (await this.#parts.promise).resolver.resolver.resolve(image, resolveOptions),
      },
      evaluator: { evaluate: async (request) => (await this.#parts.promise).evaluator.evaluator.evaluate(request) },
      observe: (rpc) => this.#metrics?.observeRpc(rpc),
      clock: overrides.clock ?? systemClock,
      log,
    });
  }
}

async function closeParts({ evaluator, resolver }: Parts): Promise<void> {
  await evaluator.close();
  await resolver.close();
}

function stoppedError(): RunnerError {
  return new RunnerError('SHUTTING_DOWN', 'the function runner has stopped');
}
