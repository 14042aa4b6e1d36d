import { type ErrorCode, type ErrorDetails, RunnerError } from '../core/errors.ts';

/** What the API server said when it did not do what it was asked. */
export class ApiError extends RunnerError {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** `Status.reason`, like `AlreadyExists`, `Conflict`, `Forbidden`, `NotFound`; empty when there was none. */
  readonly reason: string;

  constructor(
    code: Extract<ErrorCode, 'CLUSTER_DENIED' | 'CLUSTER_REFUSED' | 'CLUSTER_UNAVAILABLE'>,
    message: string,
    answer: { readonly status: number; readonly reason: string },
    details: ErrorDetails = {},
  ) {
    super(code, message, { ...details, ...(answer.status > 0 && { httpStatus: answer.status }) });
    this.status = answer.status;
    this.reason = answer.reason;
  }
}
