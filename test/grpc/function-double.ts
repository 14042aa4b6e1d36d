import type { EvaluateRequest, Evaluator, Outcome } from '../../src/evaluate/evaluator.ts';

/** A function that does what the test says; what the test leaves out is that of a function that succeeded. */
export function functionDouble(behave: (request: EvaluateRequest) => Promise<Partial<Outcome>>): Evaluator {
  return {
    evaluate: async (request) => ({
      runtime: 'executable',
      exitCode: 0,
      output: request.resourceList,
      stderr: new Uint8Array(),
      stderrBytes: 0,
      results: [],
      digest: undefined,
      ...(await behave(request)),
    }),
  };
}

/** Rejects with the signal's reason when it aborts; resolves never. */
export async function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
