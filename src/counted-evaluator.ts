import type { Counters } from './core/counters.ts';
import { RunnerError, toRunnerError } from './core/errors.ts';
import type { Evaluator, Outcome } from './evaluate/evaluator.ts';

/** Counts what an evaluator does under `evaluations` and puts its name on its errors; a function that it does not have is not its business. */
export function countedEvaluator(evaluator: Evaluator, runtime: Outcome['runtime'], counters: Counters): Evaluator {
  return {
    evaluate: async (request) => {
      try {
        const outcome = await evaluator.evaluate(request);
        counters.add('evaluations', { runtime, outcome: outcome.exitCode === 0 ? 'ok' : 'failed' });
        return outcome;
      } catch (thrown) {
        const { code } = toRunnerError(thrown);
        if (code === 'FUNCTION_NOT_FOUND') throw thrown;
        counters.add('evaluations', { runtime, outcome: code });
        throw thrown instanceof RunnerError ? thrown.with({ runtime }) : thrown;
      }
    },
  };
}
