import { RunnerError } from '../core/errors.ts';
import type { Outcome } from '../evaluate/evaluator.ts';
import { cutMiddle } from './cut-text.ts';

/** A function that exited with another code than 0, in Porch's words. */
export class FunctionFailure extends RunnerError {
  readonly #image: string;
  readonly #results: string;
  readonly #stderr: string;
  readonly #stderrBytes: number;

  constructor(image: string, outcome: Outcome) {
    const name = cutMiddle(image, 300);
    super('FUNCTION_FAILED', `function "${name}" exited with code ${String(outcome.exitCode)}`, {
      image: name,
      hint: 'Read what the function wrote; functionrunner.v1.FunctionRunner/Evaluate answers with all of it.',
    });
    this.#image = name;
    this.#results = JSON.stringify(outcome.results);
    this.#stderr = Buffer.from(outcome.stderr).toString('utf8').trim();
    this.#stderrBytes = outcome.stderrBytes;
  }

  /** Porch's text with at most about `maxLength` characters of results and stderr together; each gets half, or what the other leaves. */
  compose(maxLength: number): string {
    const half = Math.floor(maxLength / 2);
    const results = cutMiddle(this.#results, Math.max(half, maxLength - this.#stderr.length));
    const stderr = cutMiddle(
      this.#stderr,
      Math.max(half, maxLength - results.length),
      `${String(this.#stderrBytes)} bytes`,
    );
    return `failed to evaluate function "${this.#image}" with structured results: ${results} and stderr: ${stderr}`;
  }
}
