import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Clock } from '../core/clock.ts';
import { RunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Evaluator } from '../evaluate/evaluator.ts';
import { ActiveCalls } from './active-calls.ts';
import { EvaluationSlots } from './evaluation-slots.ts';
import { evaluateFunctionMethod } from './evaluator-service.ts';
import { evaluateMethod } from './function-runner-service.ts';
import { HealthService } from './health-service.ts';
import { type ImageResolver, resolveImageMethod } from './image-resolver-service.ts';
import { protoService } from '../rpc/proto.ts';
import { addReflection } from './reflection.ts';
import { rpcInterceptor, type RpcObserver } from './rpc-interceptor.ts';
import type { ServerTls, ServerTlsOptions } from './tls/server-tls.ts';
import { unaryHandler } from './unary-handler.ts';

export interface GrpcServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly maxMessageBytes: number;
  readonly maxConcurrentEvaluations: number;
  /** How long calls are still accepted after the stop began. */
  readonly drainDelayMs: number;
  /** How long accepted calls may still run after that. */
  readonly drainTimeoutMs: number;
  readonly maxConnectionAgeMs: number;
  /** Undefined: plaintext. */
  readonly tls?: Pick<ServerTlsOptions, 'files' | 'parseCertificates' | 'counters' | 'checkIntervalMs'>;
  /** Default false. */
  readonly allowInsecureRegistryAuth?: boolean;
  readonly resolver: ImageResolver;
  readonly evaluator: Evaluator;
  readonly observe: RpcObserver;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long the answers to calls that were cut off may take to be sent. */
const lastAnswersMs = 1000;

const serviceNames = {
  evaluator: 'evaluator.FunctionEvaluator',
  resolver: 'functionrunner.v1.ImageResolver',
  runner: 'functionrunner.v1.FunctionRunner',
  health: 'grpc.health.v1.Health',
} as const;

/** The gRPC server with all its services. */
export class GrpcServer {
  readonly health = new HealthService(Object.values(serviceNames));
  readonly #options: GrpcServerOptions;
  readonly #server: Server;
  readonly #calls = new ActiveCalls();
  #address = '';
  #tls: ServerTls | undefined;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    this.#server = new Server({
      'grpc.max_receive_message_length': options.maxMessageBytes,
      'grpc.max_send_message_length': options.maxMessageBytes,
      'grpc.max_connection_age_ms': options.maxConnectionAgeMs,
      'grpc.max_connection_age_grace_ms': options.drainTimeoutMs,
      interceptors: [rpcInterceptor(options.observe)],
    });
    this.#addServices();
  }

  /** `host:port` as bound; empty before {@link listen}. */
  get address(): string {
    return this.#address;
  }

  /** Takes calls from now on; health says NOT_SERVING until told otherwise. @throws {RunnerError} `CFG_OPTION`, `CFG_CA` */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    const credentials = await this.#credentials();
    const bound = new Promise<string>((resolve, reject) => {
      this.#server.bindAsync(authority(host, port), credentials, (error, boundPort) => {
        if (error === null) resolve(authority(host, boundPort));
        else reject(cannotListen(host, port, error));
      });
    });
    this.#address = await bound.catch(async (error: unknown) => {
      await this.#tls?.close();
      throw error;
    });
  }

  /**
   * Lets callers go without a loss: NOT_SERVING, `drainDelayMs` of accepting as before, GOAWAY, then the calls that were
   * accepted come to their end, for at most `drainTimeoutMs`. Aborting `hurry` skips the rest of the waiting.
   */
  async stop(hurry?: AbortSignal): Promise<void> {
    await this.#drain(hurry);
    await this.#tls?.close();
  }

  async #drain(hurry?: AbortSignal): Promise<void> {
    const { drainDelayMs, drainTimeoutMs, log } = this.#options;
    this.health.set('NOT_SERVING');
    if (this.#address !== '' && drainDelayMs > 0) await this.#wait(drainDelayMs, hurry);
    this.health.endWatches();
    const { promise: closed, resolve } = Promise.withResolvers<undefined>();
    this.#server.tryShutdown(() => {
      resolve(undefined);
    });
    if (await this.#within(closed, drainTimeoutMs, hurry)) return;
    if (this.#calls.size > 0) log.warn('calls were cut off at shutdown', { calls: this.#calls.size });
    this.#calls.abortAll();
    if (await this.#within(closed, lastAnswersMs)) return;
    this.#server.forceShutdown();
  }

  async #credentials(): Promise<ServerCredentials> {
    const { tls, clock, log } = this.#options;
    if (tls === undefined) return ServerCredentials.createInsecure();
    const { ServerTls: Tls } = await import('./tls/server-tls.ts');
    this.#tls = await Tls.open({ ...tls, clock, log });
    return this.#tls.credentials;
  }

  /** Whether the promise settles in time. */
  async #within(promise: Promise<undefined>, timeoutMs: number, hurry?: AbortSignal): Promise<boolean> {
    const done = new AbortController();
    const signal = hurry === undefined ? done.signal : AbortSignal.any([hurry, done.signal]);
    const inTime = await Promise.race([promise.then(() => true), this.#wait(timeoutMs, signal).then(() => false)]);
    // The timer would keep the process alive.
    done.abort();
    return inTime;
  }

  /** Resolves early when the signal aborts. */
  async #wait(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#options.clock.delay(ms, signal).catch(() => undefined);
  }

  #addServices(): void {
    const { resolver, evaluator, maxMessageBytes, maxConcurrentEvaluations, log } = this.#options;
    const slots = new EvaluationSlots(maxConcurrentEvaluations);
    const evaluation = { evaluator, slots, maxMessageBytes };
    const { tls, allowInsecureRegistryAuth: allowInsecure = false } = this.#options;
    const parts = { calls: this.#calls, log, registryAuth: { isTlsServer: tls !== undefined, allowInsecure } };
    this.#server.addService(protoService(serviceNames.evaluator), {
      EvaluateFunction: unaryHandler(evaluateFunctionMethod(evaluation), parts),
    });
    this.#server.addService(protoService(serviceNames.resolver), {
      ResolveImage: unaryHandler(resolveImageMethod(resolver), parts),
    });
    this.#server.addService(protoService(serviceNames.runner), {
      Evaluate: unaryHandler(evaluateMethod(evaluation), parts),
    });
    this.#server.addService(protoService(serviceNames.health), { Check: this.health.check, Watch: this.health.watch });
    addReflection(this.#server, Object.values(serviceNames));
  }
}

function cannotListen(host: string, port: number, cause: Error): RunnerError {
  const flags = `--bind-address=${host} --port=${String(port)}`;
  const { reason, hint } = whyNot(cause.message, port);
  return new RunnerError('CFG_OPTION', `cannot listen on ${authority(host, port)} (${flags}): ${reason}`, {
    cause,
    hint,
  });
}

/** grpc-js gives the system's error as a part of its text only. */
function whyNot(text: string, port: number): { readonly reason: string; readonly hint: string } {
  if (text.includes('EADDRINUSE')) {
    const hint = 'Stop the program that listens there, or give a free port with --port.';
    return { reason: `another program has port ${String(port)}`, hint };
  }
  if (text.includes('EACCES')) {
    return { reason: 'this user may not take that port', hint: 'Give a port from 1024 on with --port.' };
  }
  return { reason: text, hint: 'Give an address of this machine with --bind-address, and a free port with --port.' };
}

function authority(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
