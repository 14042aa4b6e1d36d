import { RunnerError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';

const maxReasonChars = 300;

/** The pod at this address gave no answer: the same call may be tried on another. */
export function lost(address: string, reason: string, cause?: unknown): RunnerError {
  return new RunnerError('POD_LOST', `the pod at ${address} was lost: ${safeText(reason, maxReasonChars)}`, { cause });
}

/** An answer did not fit into a message. */
export function tooLarge(reason: string, image: string, cause?: unknown): RunnerError {
  return new RunnerError('FUNCTION_LIMIT', `a message of the pod is too large: ${safeText(reason, maxReasonChars)}`, {
    cause,
    image,
    hint: 'Raise --max-request-body-size here and in the client, or split the package.',
  });
}
