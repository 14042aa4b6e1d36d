import type { Log } from '../core/log.ts';
import type { CallerLogin } from '../credentials/caller.ts';
import type { FunctionResult } from './krm-result.ts';

export interface EvaluateRequest {
  readonly image: string;
  /** One ResourceList, YAML or JSON, UTF-8. */
  readonly resourceList: Uint8Array;
  /** The registry login that came with the call, used alone then. */
  readonly caller?: CallerLogin | undefined;
  /** Aborts with the caller's deadline or cancellation. */
  readonly signal: AbortSignal;
  /** Carries the request's id. */
  readonly log: Log;
}

/** A function that ran to its end. A non-zero exit code is an outcome too, not an error. */
export interface Outcome {
  readonly runtime: 'executable' | 'local' | 'pod';
  readonly exitCode: number;
  /** What the function wrote to stdout, unchanged; a ResourceList when `exitCode` is 0. */
  readonly output: Uint8Array;
  /** Kept head and tail when it was long. */
  readonly stderr: Uint8Array;
  /** How much the function wrote to stderr before any cutting. */
  readonly stderrBytes: number;
  readonly results: readonly FunctionResult[];
  /** `sha256:…` of what the image name pointed at; undefined for an executable. */
  readonly digest: string | undefined;
}

/** Runs a KRM function. */
export interface Evaluator {
  /** @throws {RunnerError} `FUNCTION_NOT_FOUND` when this evaluator does not have the function and another may. */
  evaluate(request: EvaluateRequest): Promise<Outcome>;
}
