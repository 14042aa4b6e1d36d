import type { Attempt } from '../core/attempt.ts';
import { type RunnerError, toRunnerError } from '../core/errors.ts';
import { statusNameOf } from '../grpc/status-table.ts';

/** A failure as commands show it, whether it happened here or in a service. */
export interface ShownFailure {
  /** gRPC status name. */
  readonly code: string;
  /** Our tag; empty where another server's error has none. */
  readonly reason: string;
  readonly message: string;
  readonly attempts: readonly Readonly<Record<keyof Attempt, string>>[];
  readonly hint: string;
}

/** A failure that a service answered with. */
export class ServiceFailure extends Error {
  override readonly name = 'ServiceFailure';
  readonly failure: ShownFailure;

  constructor(failure: ShownFailure, cause: unknown) {
    super(failure.message, { cause });
    this.failure = failure;
  }
}

/** A hint that the message has already given is left out. */
export function shownFailure(thrown: unknown): ShownFailure {
  const failure = thrown instanceof ServiceFailure ? thrown.failure : ofRunnerError(toRunnerError(thrown));
  return failure.message.includes(failure.hint) ? { ...failure, hint: '' } : failure;
}

function ofRunnerError({ code, message, details }: RunnerError): ShownFailure {
  const { attempts = [], hint = '' } = details;
  return { code: statusNameOf[code], reason: code, message, attempts, hint };
}
