import type { Counters } from '../../core/counters.ts';
import { RunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { PodAnswer } from '../pod-endpoint.ts';
import type { PodPlan } from '../pod-plan.ts';
import type { PodExit } from '../pod-verdict.ts';
import type { Lease, LostPod } from './lease.ts';
import { lostTwiceError, outOfMemoryError } from './pool-errors.ts';

export interface FunctionRequest {
  readonly image: string;
  readonly resourceList: Uint8Array;
}

interface DispatchParts {
  readonly acquire: (plan: PodPlan, signal: AbortSignal, avoidUid: string) => Promise<Lease>;
  readonly findExit: (lost: LostPod, signal: AbortSignal) => Promise<PodExit | undefined>;
  /** A call ran there, whatever came of it. */
  readonly used: (lease: Lease) => void;
  readonly log: Log;
  readonly counters: Counters;
}

type Attempt =
  | { readonly kind: 'answered'; readonly answer: PodAnswer }
  | { readonly kind: 'lost'; readonly lost: LostPod; readonly error: RunnerError };

/**
 * Runs one call, once more on another pod when its pod is lost: functions are pure.
 *
 * @throws {RunnerError} `FUNCTION_LIMIT` when the pod was killed for its memory, `POD_LOST` for the second pod lost, what
 *   `acquire` and the in-pod server throw
 */
export async function dispatch(
  parts: DispatchParts,
  plan: PodPlan,
  request: FunctionRequest,
  signal: AbortSignal,
): Promise<PodAnswer> {
  let avoidUid = '';
  for (let isRetry = false; ; isRetry = true) {
    const attempt = await attemptOn(parts, await parts.acquire(plan, signal, avoidUid), request, signal);
    if (attempt.kind === 'answered') return attempt.answer;
    const { known } = attempt.lost;
    const exit = await parts.findExit(attempt.lost, signal);
    const named = { image: plan.image, podName: known.name };
    if (exit?.reason === 'OOMKilled') throw outOfMemoryError(named);
    if (isRetry) throw lostTwiceError(named, exit, attempt.error);
    const reason = exit?.reason ?? 'connection';
    parts.counters.add('pod_retries', { reason });
    parts.log.warn('evaluation is repeated on another pod', { image: plan.image, pod: known.name, reason });
    avoidUid = known.uid;
  }
}

async function attemptOn(
  parts: DispatchParts,
  lease: Lease,
  request: FunctionRequest,
  signal: AbortSignal,
): Promise<Attempt> {
  try {
    return { kind: 'answered', answer: await lease.endpoint.evaluate(request, signal) };
  } catch (thrown) {
    if (!(thrown instanceof RunnerError) || thrown.code !== 'POD_LOST') throw thrown;
    return { kind: 'lost', lost: lease.lost(), error: thrown };
  } finally {
    lease.release();
    parts.used(lease);
  }
}
