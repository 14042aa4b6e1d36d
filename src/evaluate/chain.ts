import { RunnerError } from '../core/errors.ts';
import { quoteInput, shownInput } from '../image/quote.ts';
import type { EvaluateRequest, Evaluator, Outcome } from './evaluator.ts';

/** Asks one evaluator after the other. Only "not found" falls through to the next; any other error is the answer. */
export class EvaluatorChain implements Evaluator {
  readonly #evaluators: readonly Evaluator[];

  constructor(evaluators: readonly Evaluator[]) {
    this.#evaluators = evaluators;
  }

  /** @throws {RunnerError} naming the image */
  async evaluate(request: EvaluateRequest): Promise<Outcome> {
    for (const evaluator of this.#evaluators) {
      request.signal.throwIfAborted();
      try {
        return await evaluator.evaluate(request);
      } catch (error) {
        if (!(error instanceof RunnerError)) throw error;
        if (error.code !== 'FUNCTION_NOT_FOUND') throw error.with({ image: shownInput(request.image) });
      }
    }
    throw new RunnerError('FUNCTION_NOT_FOUND', `no runtime has the function ${quoteInput(request.image)}`, {
      image: shownInput(request.image),
      hint: 'Map the image to an executable in the --config file, or leave a runtime enabled that can pull it.',
    });
  }
}
