import { withTimeout } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { abortError, remainingMs } from '../../core/deadline.ts';
import { RunnerError } from '../../core/errors.ts';
import { RunnerClient } from '../../rpc/client.ts';
import { deadlineGraceMs } from '../../rpc/deadline-grace.ts';
import { GrpcFailure } from '../../rpc/grpc-failure.ts';
import type { PodAnswer, PodEndpoint } from '../pod-endpoint.ts';
import { callError, isUnknownMethod } from './call-failure.ts';
import { Liveness } from './liveness.ts';
import { lost } from './lost.ts';
import { PorchWrapper } from './porch-wrapper.ts';
import { type Health, untilServing } from './readiness.ts';

interface GrpcEndpointOptions {
  /** `host:port`. */
  readonly address: string;
  /** `--max-request-body-size`, both ways. */
  readonly maxMessageBytes: number;
  /** Longest run of one function. */
  readonly evaluationTimeoutMs: number;
  /** While calls run, the pod is asked for its health this often, and has twice as long to answer: its functions may take all of its CPU. */
  readonly livenessMs: number;
  readonly clock: Clock;
}

type Request = Parameters<PodEndpoint['evaluate']>[0];

/** A pod whose network is not there yet drops packets, and TCP repeats its first one only after a second. */
const checkTimeoutMs = 500;

/** The in-pod server of one pod, ours or Porch's: which one it is shows with the first call. */
export class GrpcEndpoint implements PodEndpoint {
  readonly #options: GrpcEndpointOptions;
  readonly #liveness: Liveness;
  readonly #porch: PorchWrapper;
  #client: RunnerClient;
  #isPorch = false;

  constructor(options: GrpcEndpointOptions) {
    this.#options = options;
    const { address, maxMessageBytes, livenessMs, clock } = options;
    this.#client = this.#connect();
    this.#porch = new PorchWrapper(address, maxMessageBytes);
    this.#liveness = new Liveness({
      clock,
      intervalMs: livenessMs,
      lost: (reason) => lost(address, reason),
      check: async (signal) => this.#answer(signal, 2 * livenessMs),
    });
  }

  async ready(signal: AbortSignal): Promise<void> {
    await untilServing(async () => this.#health(signal), this.#options.clock, signal);
  }

  async evaluate(request: Request, signal: AbortSignal): Promise<PodAnswer> {
    const { evaluationTimeoutMs } = this.#options;
    using bounded = withTimeout(signal, evaluationTimeoutMs, 'the function');
    using watch = this.#liveness.watch(bounded.signal);
    try {
      return await this.#evaluateAnyhow(request, watch.signal);
    } catch (thrown) {
      if (!bounded.signal.aborted || signal.aborted) throw thrown;
      const text = `the function did not end within ${String(evaluationTimeoutMs)} ms`;
      throw new RunnerError('FUNCTION_TIMEOUT', text, {
        image: request.image,
        hint: 'Give it less to do in one call, or raise --evaluation-timeout.',
      });
    }
  }

  close(): void {
    this.#client.close();
    this.#porch.close();
  }

  #connect(): RunnerClient {
    const { address, maxMessageBytes } = this.#options;
    return new RunnerClient(address, maxMessageBytes, {
      'grpc.initial_reconnect_backoff_ms': 20,
      'grpc.max_reconnect_backoff_ms': 200,
    });
  }

  async #evaluateAnyhow(request: Request, signal: AbortSignal): Promise<PodAnswer> {
    if (!this.#isPorch) {
      const answer = await this.#evaluate(request, signal);
      if (answer !== undefined) return answer;
      this.#isPorch = true;
    }
    return await this.#porch.evaluate(request, signal);
  }

  /** Undefined when the server does not know functionrunner.v1. */
  async #evaluate(request: Request, signal: AbortSignal): Promise<PodAnswer | undefined> {
    const left = remainingMs(signal);
    const deadline = Number.isFinite(left) ? { deadlineMs: left + deadlineGraceMs } : {};
    try {
      const answer = await this.#client.evaluate(request, { signal, ...deadline });
      const { exitCode, output, stderr, stderrBytes } = answer;
      return { exitCode, output, stderr, stderrBytes };
    } catch (thrown) {
      if (signal.aborted) throw abortError(signal);
      if (!(thrown instanceof GrpcFailure)) throw thrown;
      if (isUnknownMethod(thrown)) return undefined;
      throw this.#error(thrown, request.image);
    }
  }

  async #health(signal: AbortSignal): Promise<Health> {
    try {
      const status = await this.#client.checkHealth('', { deadlineMs: checkTimeoutMs, signal });
      if (status === 'SERVING') return 'serving';
    } catch (thrown) {
      if (signal.aborted) throw abortError(signal);
      if (!(thrown instanceof GrpcFailure)) throw thrown;
      // A server without the health service is one that answers.
      if (isUnknownMethod(thrown)) return 'serving';
      if (thrown.status === 'DEADLINE_EXCEEDED') this.#reconnect();
      return 'silent';
    }
    await this.#throwIfNever(signal);
    return 'not-serving';
  }

  /** Resolves when the server answers, whatever it says. */
  async #answer(signal: AbortSignal, deadlineMs: number): Promise<void> {
    try {
      await this.#client.checkHealth('', { deadlineMs, signal });
    } catch (thrown) {
      if (!(thrown instanceof GrpcFailure && isUnknownMethod(thrown))) throw thrown;
    }
  }

  #reconnect(): void {
    this.#client.close();
    this.#client = this.#connect();
  }

  /** Our in-pod server without a command is not serving and says why to whoever calls; there is no function that could run. */
  async #throwIfNever(signal: AbortSignal): Promise<void> {
    try {
      await this.#client.evaluate(
        { image: '', resourceList: new Uint8Array() },
        { deadlineMs: checkTimeoutMs, signal },
      );
    } catch (thrown) {
      if (thrown instanceof GrpcFailure && thrown.reason === 'MAN_CONFIG') throw this.#error(thrown, '');
    }
  }

  #error(failure: GrpcFailure, image: string): RunnerError {
    return callError(failure, { address: this.#options.address, image });
  }
}
