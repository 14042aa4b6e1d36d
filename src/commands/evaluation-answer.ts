import type { ShownResult } from './result-text.ts';

/** What came of a function, wherever it ran. */
export interface EvaluationAnswer {
  readonly exitCode: number;
  readonly results: readonly ShownResult[];
  /** Results that the function gave; more than in `results` where the list was cut. */
  readonly resultCount: number;
  readonly stderr: Uint8Array;
  /** Before any cutting. */
  readonly stderrBytes: number;
  readonly output: Uint8Array;
}
