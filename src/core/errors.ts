import type { Attempt } from './attempt.ts';

/** Every way in which a call can fail. `grpc/status-table.ts` gives each one its gRPC status. */
export type ErrorCode =
  // image reference
  | 'REF_EMPTY'
  | 'REF_FORMAT'
  | 'REF_UPPERCASE'
  | 'REF_SCHEME'
  | 'REF_TOO_LONG'
  | 'REF_BARE_HEX'
  | 'REF_DIGEST_LENGTH'
  | 'REF_DIGEST_FORMAT'
  | 'REF_DIGEST_ALGO'
  // configuration: flags, mounted files
  | 'CFG_OPTION'
  | 'CFG_JSON'
  | 'CFG_SHAPE'
  | 'CFG_ENTRY_AUTH'
  | 'CFG_CA'
  | 'CFG_FUNCTIONS'
  // registry authentication
  | 'CREDENTIALS_UNAVAILABLE'
  | 'AUTH_CHALLENGE'
  | 'AUTH_DENIED'
  | 'AUTH_REFUSED'
  | 'AUTH_FORBIDDEN'
  | 'AUTH_TOKEN'
  | 'AUTH_REALM'
  // registry content
  | 'MAN_NOT_FOUND'
  | 'REPO_NOT_FOUND'
  | 'BLOB_UNKNOWN'
  | 'NOT_A_REGISTRY'
  | 'MAN_DIGEST'
  | 'MAN_SIZE'
  | 'MAN_TYPE'
  | 'MAN_PLATFORM'
  | 'MAN_CONFIG'
  // signatures of images
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_INVALID'
  // registry service
  | 'RATE_LIMITED'
  | 'REGISTRY_UNAVAILABLE'
  | 'REGISTRY_ERROR'
  // transport
  | 'TLS_NAME'
  | 'TLS_UNTRUSTED'
  | 'TLS_PROTOCOL'
  | 'PLAINTEXT_REFUSED'
  | 'PLAINTEXT_CREDENTIALS'
  | 'UNREACHABLE'
  | 'REDIRECT_REFUSED'
  | 'ADDRESS_REFUSED'
  | 'REGISTRY_NOT_ALLOWED'
  // local runtime
  | 'LAYER_INVALID'
  | 'LAYER_LIMIT'
  | 'STORE_FAILED'
  | 'SANDBOX_UNAVAILABLE'
  // cluster
  | 'CLUSTER_DENIED'
  | 'CLUSTER_REFUSED'
  | 'CLUSTER_UNAVAILABLE'
  | 'PULL_SECRET'
  | 'POD_TEMPLATE'
  | 'POD_PULL_DENIED'
  | 'POD_PULL_NOT_FOUND'
  | 'POD_START'
  | 'POD_PENDING'
  | 'POD_LOST'
  // evaluation
  | 'FUNCTION_NOT_FOUND'
  | 'FUNCTION_START'
  | 'FUNCTION_FAILED'
  | 'FUNCTION_OUTPUT'
  | 'FUNCTION_LIMIT'
  | 'FUNCTION_TIMEOUT'
  // the call itself
  | 'REQUEST_INVALID'
  | 'OVERLOADED'
  | 'SHUTTING_DOWN'
  | 'CANCELLED'
  | 'DEADLINE'
  | 'INTERNAL';

export interface ErrorDetails {
  readonly cause?: unknown;
  /** The one thing that would fix it, as an imperative sentence. */
  readonly hint?: string;
  readonly attempts?: readonly Attempt[];
  readonly retryAfterSeconds?: number;
  /** HTTP status that the registry or token service gave. */
  readonly httpStatus?: number;
  readonly image?: string;
  readonly registry?: string;
  readonly file?: string;
  /** Which runtime the function was left to; undefined when none had taken it. */
  readonly runtime?: 'executable' | 'local' | 'pod';
}

/** The only error type that leaves a room. `message` is safe to show: no secret, no query string, no control character. */
export class RunnerError extends Error {
  override readonly name = 'RunnerError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** The same error with more known about it; what was known before stays. */
  with(details: ErrorDetails): RunnerError {
    return new RunnerError(this.code, this.message, { ...details, ...this.details });
  }
}

/** Turns anything thrown into a {@link RunnerError}: aborted signals become `CANCELLED` or `DEADLINE`, the unforeseen `INTERNAL`. */
export function toRunnerError(thrown: unknown): RunnerError {
  if (thrown instanceof RunnerError) return thrown;
  if (!(thrown instanceof Error)) return new RunnerError('INTERNAL', String(thrown));
  if (thrown.name === 'AbortError') return new RunnerError('CANCELLED', 'the call was cancelled', { cause: thrown });
  if (thrown.name === 'TimeoutError') return new RunnerError('DEADLINE', 'the call ran out of time', { cause: thrown });
  return new RunnerError('INTERNAL', thrown.message, { cause: thrown });
}
