import type { Options } from '../config/options.ts';
import { noCounters } from '../core/counters.ts';
import type { Log } from '../core/log.ts';
import { wireEvaluator } from '../wire-evaluator.ts';
import { wireResolver } from '../wire-resolver.ts';
import type { CommandIo } from './command-io.ts';
import type { EvaluationAnswer } from './evaluation-answer.ts';
import { pullProgress } from './pull-progress.ts';

/** Runs a function from this process, with the same parts as the service. @throws {RunnerError} */
export async function evaluateHere(
  image: string,
  resourceList: Uint8Array,
  { options: given, log, io }: { readonly options: Options; readonly log: Log; readonly io: CommandIo },
): Promise<EvaluationAnswer> {
  // One function from a terminal needs no pods, unless they are asked for by name.
  const options: Options = { ...given, runtime: given.runtime === 'auto' ? 'local' : given.runtime };
  const overrides = { onPullProgress: pullProgress(io) };
  const surroundings = { environment: io.environment, log, counters: noCounters, overrides };
  const resolver = await wireResolver(options, surroundings);
  try {
    const wired = await wireEvaluator(options, resolver, surroundings);
    try {
      const outcome = await wired.evaluator.evaluate({ image, resourceList, signal: io.stop, log });
      return { ...outcome, resultCount: outcome.results.length };
    } finally {
      await wired.close();
    }
  } finally {
    await resolver.close();
  }
}
