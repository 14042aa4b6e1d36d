import { type ErrorCode, RunnerError, toRunnerError } from '../core/errors.ts';
import type { Candidate } from '../credentials/candidate.ts';
import { refusals } from './lookup.ts';

/** The same question may well be answered later: what was known before may stand in for it. */
const temporary: ReadonlySet<ErrorCode> = new Set([
  'UNREACHABLE',
  'REGISTRY_UNAVAILABLE',
  'RATE_LIMITED',
  'CREDENTIALS_UNAVAILABLE',
  'DEADLINE',
]);

export function isTemporary(error: unknown): boolean {
  return error instanceof RunnerError && temporary.has(error.code);
}

export function isRefusal(error: unknown): boolean {
  return error instanceof RunnerError && refusals.has(error.code);
}

/** One of them is missing for as long as a program fails. */
export function hasFailingProgram(candidates: readonly Candidate[]): boolean {
  return candidates.some((candidate) => candidate.kind === 'broken' && candidate.isTemporary === true);
}

/** What went wrong; when the call was given up, why, and how far it had come. */
export function failureOf(thrown: unknown, signal: AbortSignal): RunnerError {
  const cause: unknown = signal.aborted ? signal.reason : thrown;
  const { attempts } = thrown instanceof RunnerError ? thrown.details : {};
  if (cause instanceof RunnerError || !signal.aborted) return toRunnerError(cause).with(attempts ? { attempts } : {});
  return new RunnerError('CANCELLED', 'the call was cancelled', { cause });
}
