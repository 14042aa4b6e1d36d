import { RunnerError } from '../core/errors.ts';

/** Something that is named for an image and gives no credentials. Holds no secret. */
export interface MissingCredentials {
  /** Like `pull secret NAMESPACE/NAME is not there`. */
  readonly problem: string;
  /** Undefined where the error's own is as good. */
  readonly hint?: string | undefined;
}

/** A refusal that may be due to what is missing: it says so, and how to get that. */
export function withMissing(error: RunnerError, missing: readonly MissingCredentials[]): RunnerError {
  if (missing.length === 0) return error;
  const hint = missing.find((each) => each.hint !== undefined)?.hint;
  const text = missing.map(({ problem }) => problem).join('; ');
  return new RunnerError(error.code, `${error.message}; ${text}`, {
    ...error.details,
    ...(hint !== undefined && { hint }),
  });
}
