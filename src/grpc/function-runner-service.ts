import type { FunctionResult } from '../evaluate/krm-result.ts';
import { evaluate, type EvaluationParts, fieldOverheadBytes } from './evaluation.ts';
import { fitBytes } from './fit-bytes.ts';
import { protoMessage } from '../rpc/proto.ts';
import type { UnaryMethod } from './unary-handler.ts';

/** `functionrunner.v1.FunctionRunner/Evaluate`: the whole outcome in the body, success and failure alike, within the message limit. */
export function evaluateMethod(parts: EvaluationParts): UnaryMethod {
  return async (request, context) => {
    const startedMs = performance.now();
    const outcome = await evaluate(parts, request, context);
    let room = parts.maxMessageBytes - 4 * fieldOverheadBytes;
    const output = outcome.output.length <= room ? outcome.output : new Uint8Array();
    room -= output.length;
    const results = resultsThatFit(outcome.results, room);
    room -= results.bytes;
    return {
      exitCode: outcome.exitCode,
      results: results.list,
      resultCount: outcome.results.length,
      stderr: fitBytes(outcome.stderr, room, outcome.stderrBytes),
      stderrBytes: outcome.stderrBytes,
      output,
      outputBytes: outcome.output.length,
      runtime: outcome.runtime,
      digest: outcome.digest ?? '',
      elapsedMs: performance.now() - startedMs,
    };
  };
}

function resultsThatFit(
  results: readonly FunctionResult[],
  maxBytes: number,
): { readonly list: readonly object[]; readonly bytes: number } {
  const list: object[] = [];
  let bytes = 0;
  for (const { field, file, ...rest } of results) {
    const entry = {
      ...rest,
      ...(field === undefined ? {} : { field }),
      ...(file === undefined ? {} : { file }),
      tags: rest.tags ?? {},
    };
    const size = protoMessage('functionrunner.v1.Result').serialize(entry).length + 8;
    if (bytes + size > maxBytes) break;
    bytes += size;
    list.push(entry);
  }
  return { list, bytes };
}
