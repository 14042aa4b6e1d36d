import type { Counters } from '../core/counters.ts';
import { type ErrorCode, RunnerError, toRunnerError } from '../core/errors.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import type { CallerLogin } from '../credentials/caller.ts';
import { withMissing } from '../credentials/missing-credentials.ts';
import { shownInput } from '../image/quote.ts';
import type { PodAnswer } from '../pods/pod-endpoint.ts';
import type { PodPlan } from '../pods/pod-plan.ts';
import type { Resolution } from '../resolver/resolution.ts';
import type { EvaluateRequest, Evaluator, Outcome } from './evaluator.ts';
import { outcomeOf } from './outcome.ts';

/** The part of the `Resolver` that the pod runtime needs. */
interface ImageResolver {
  resolve(
    image: string,
    asker: Pick<EvaluateRequest, 'signal' | 'caller'>,
  ): Promise<{ readonly resolution: Resolution }>;
}

export interface PodEvaluatorOptions {
  readonly resolver: ImageResolver;
  readonly planner: { plan(resolution: Resolution, caller?: CallerLogin): Promise<PodPlan> };
  readonly pool: {
    run(
      plan: PodPlan,
      request: { readonly image: string; readonly resourceList: Uint8Array },
      signal: AbortSignal,
    ): Promise<PodAnswer>;
  };
  readonly counters: Counters;
}

/** What keeps a function from having a pod, before it could run. */
const noPodCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CLUSTER_DENIED',
  'CLUSTER_REFUSED',
  'CLUSTER_UNAVAILABLE',
  'PULL_SECRET',
  'POD_TEMPLATE',
  'POD_PULL_DENIED',
  'POD_PULL_NOT_FOUND',
  'POD_START',
  'POD_PENDING',
]);

/** Runs function images in pods of a cluster. */
export class PodEvaluator implements Evaluator {
  readonly #options: PodEvaluatorOptions;

  constructor(options: PodEvaluatorOptions) {
    this.#options = options;
  }

  /**
   * @throws RunnerError what resolving throws, `MAN_CONFIG`, `CLUSTER_*`, `PULL_SECRET`, `POD_*`, `FUNCTION_START`,
   *   `FUNCTION_LIMIT`, `FUNCTION_TIMEOUT`, `FUNCTION_OUTPUT`, `OVERLOADED`. Never `FUNCTION_NOT_FOUND`: an image that is
   *   not there is an answer, not somebody else's business.
   */
  async evaluate(request: EvaluateRequest): Promise<Outcome> {
    const image = shownInput(request.image);
    try {
      const outcome = await this.#evaluate(request);
      this.#count(outcome.exitCode === 0 ? 'ok' : 'failed');
      return outcome;
    } catch (error) {
      const failure = inPorchsWords(toRunnerError(error).with({ image, runtime: 'pod' }), image);
      this.#count(failure.code);
      throw failure;
    }
  }

  #count(outcome: string): void {
    this.#options.counters.add('evaluations', { runtime: 'pod', outcome });
  }

  async #evaluate({ image, resourceList, signal, caller }: EvaluateRequest): Promise<Outcome> {
    const { resolver, planner, pool } = this.#options;
    const { resolution } = await resolver.resolve(image, { signal, caller });
    const plan = await unlessAborted(planner.plan(resolution, caller), signal);
    const answer = await pool.run(plan, { image, resourceList }, signal).catch(async (thrown: unknown) => {
      const error = toRunnerError(thrown);
      throw error.code === 'POD_PULL_DENIED' ? withMissing(error, (await plan.missing?.()) ?? []) : error;
    });
    const { exitCode, output, stderr, stderrBytes, results } = answer;
    const { digest } = resolution;
    const outcome = await outcomeOf({ runtime: 'pod', image, digest, exitCode, stdout: output, stderr, stderrBytes });
    return results === undefined ? outcome : { ...outcome, results };
  }
}

/** The prefix that users of Porch search for; the service puts `unable to evaluate IMAGE with pod evaluator: ` before it. */
function inPorchsWords(error: RunnerError, image: string): RunnerError {
  if (!noPodCodes.has(error.code)) return error;
  const text = `unable to get the grpc client to the pod for ${image}: ${error.message}`;
  return new RunnerError(error.code, text, error.details);
}
