import { evaluate, type EvaluationParts, fieldOverheadBytes } from './evaluation.ts';
import { textField } from '../rpc/fields.ts';
import { fitBytes } from './fit-bytes.ts';
import { FunctionFailure } from './function-failure.ts';
import type { UnaryMethod } from './unary-handler.ts';

/** `evaluator.FunctionEvaluator/EvaluateFunction`, Porch's wire: a function that fails is an INTERNAL error. */
export function evaluateFunctionMethod(parts: EvaluationParts): UnaryMethod {
  return async (request, context) => {
    const outcome = await evaluate(parts, request, context);
    if (outcome.exitCode !== 0) throw new FunctionFailure(textField(request, 'image'), outcome);
    const roomForLog = parts.maxMessageBytes - outcome.output.length - fieldOverheadBytes;
    return { resourceList: outcome.output, log: fitBytes(outcome.stderr, roomForLog, outcome.stderrBytes) };
  };
}
