import type { Counters } from '../core/counters.ts';
import { RunnerError, toRunnerError } from '../core/errors.ts';
import { fingerprintOf } from '../credentials/fingerprint.ts';
import { commandOf } from '../image/command.ts';
import { functionEnvironment } from '../local/sandbox/function-environment.ts';
import type { LayerSource } from '../local/store/image-content.ts';
import type { ImageStore } from '../local/store/image-store.ts';
import { type ProcessLimits, type ProcessResult, runProcess } from '../local/process/process.ts';
import type { Sandboxes } from '../local/sandbox/sandboxes.ts';
import { resolveUser } from '../local/sandbox/user.ts';
import type { Resolution } from '../resolver/resolution.ts';
import type { EvaluateRequest, Evaluator, Outcome } from './evaluator.ts';
import { excerpt } from './excerpt.ts';
import { outcomeOf } from './outcome.ts';

type Asker = Pick<EvaluateRequest, 'signal' | 'caller'>;

/** The part of the `Resolver` that the local runtime needs. */
interface ImageResolver {
  resolve(image: string, asker: Asker): Promise<{ readonly resolution: Resolution }>;
  session(resolution: Resolution, asker: Omit<Asker, 'signal'>): Promise<LayerSource>;
}

interface LocalLimits extends ProcessLimits {
  /** Size of the function's /tmp, and of its /dev/shm; both are memory. */
  readonly tmpBytes: number;
}

export interface LocalEvaluatorOptions {
  readonly resolver: ImageResolver;
  readonly store: Pick<ImageStore, 'unpack'>;
  readonly sandboxes: Pick<Sandboxes, 'current' | 'forget'>;
  readonly limits: LocalLimits;
  readonly counters: Counters;
}

/** One try to run a function. */
type Attempt =
  | { readonly kind: 'ended'; readonly result: ProcessResult }
  /** `gone`: because its root file system is not there any more. */
  | { readonly kind: 'not-started' | 'gone'; readonly reason: string };

const maxReasonBytes = 300;

/** Runs function images in a sandbox on this machine: no cluster, no container engine. */
export class LocalEvaluator implements Evaluator {
  readonly #options: LocalEvaluatorOptions;

  constructor(options: LocalEvaluatorOptions) {
    this.#options = options;
  }

  /**
   * @throws RunnerError what resolving and pulling throw, `MAN_CONFIG`, `SANDBOX_UNAVAILABLE`, `FUNCTION_START`,
   *   `FUNCTION_LIMIT`, `FUNCTION_TIMEOUT`, `FUNCTION_OUTPUT`. Never `FUNCTION_NOT_FOUND`: an image that is not there is
   *   an answer, not somebody else's business.
   */
  async evaluate(request: EvaluateRequest): Promise<Outcome> {
    const { image } = request;
    try {
      const outcome = await this.#evaluate(request);
      this.#count(outcome.exitCode === 0 ? 'ok' : 'failed');
      return outcome;
    } catch (error) {
      const failure = toRunnerError(error).with({ image, runtime: 'local' });
      this.#count(failure.code);
      throw failure;
    }
  }

  #count(outcome: string): void {
    this.#options.counters.add('evaluations', { runtime: 'local', outcome });
  }

  async #evaluate(request: EvaluateRequest): Promise<Outcome> {
    const { resolver } = this.#options;
    const { resolution } = await resolver.resolve(request.image, request);
    const { exitCode, stdout, stderr, stderrBytes } = await this.#run(request, resolution);
    const { image } = request;
    const { digest } = resolution;
    return await outcomeOf({ runtime: 'local', image, digest, exitCode, stdout, stderr, stderrBytes });
  }

  async #run(request: EvaluateRequest, resolution: Resolution): Promise<ProcessResult> {
    const first = await this.#tryRun(request, resolution);
    if (first.kind === 'ended') return first.result;
    if (first.kind === 'not-started') throw startError(resolution, first.reason);
    // Somebody has cleared the cache folder under a running service; what a sandbox needs of it is gone, too.
    this.#options.sandboxes.forget();
    const second = await this.#tryRun(request, resolution);
    if (second.kind === 'ended') return second.result;
    throw startError(resolution, second.reason);
  }

  async #tryRun(request: EvaluateRequest, resolution: Resolution): Promise<Attempt> {
    const { resolver, store, sandboxes, limits } = this.#options;
    const sandbox = await sandboxes.current();
    const { signal, caller } = request;
    const argv = commandOf(resolution);
    const open = async (): Promise<LayerSource> => await resolver.session(resolution, { caller });
    const unpacked = await store.unpack(resolution, open, signal, askerOf(resolution, caller));
    try {
      const { uid, gid, home } = resolveUser(resolution.user, unpacked.passwd, unpacked.group);
      const env = functionEnvironment(resolution.env, home);
      const { workingDir } = resolution;
      const command = { root: unpacked.root, argv, env, workingDir, uid, gid, tmpBytes: limits.tmpBytes };
      const result = await runProcess({
        argv: sandbox.argv(command),
        env: sandbox.env,
        statusDescriptor: true,
        stdin: request.resourceList,
        limits,
        signal,
      });
      const reason = sandbox.startFailure(result);
      if (reason === undefined) return { kind: 'ended', result };
      return { kind: (await unpacked.isGone()) ? 'gone' : 'not-started', reason };
    } finally {
      unpacked.release();
    }
  }
}

/** Whoever lends a login, or asks another repository for the same bytes, is not to decide how it ends for others. */
function askerOf({ reference: { domain, path } }: Resolution, caller: EvaluateRequest['caller']): string {
  return JSON.stringify([domain, path, caller === undefined ? '' : fingerprintOf(caller.login)]);
}

function startError(resolution: Resolution, reason: string): RunnerError {
  const { image } = resolution;
  const [program] = commandOf(resolution);
  return new RunnerError(
    'FUNCTION_START',
    `cannot start ${program} of ${image} in its sandbox: ${excerpt(Buffer.from(reason), maxReasonBytes)}`,
    {
      image,
      hint: 'Check that the ENTRYPOINT is in the image, is executable, and is built for this machine.',
    },
  );
}
