import { type ErrorCode, RunnerError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import type { GrpcFailure } from '../../rpc/grpc-failure.ts';
import { lost, tooLarge } from './lost.ts';

const maxMessageChars = 2000;

/** Reasons that our in-pod server gives under the names that we have for them. */
const sameCodes = new Map<string, ErrorCode>(
  (
    [
      'MAN_CONFIG',
      'FUNCTION_START',
      'FUNCTION_FAILED',
      'FUNCTION_OUTPUT',
      'FUNCTION_LIMIT',
      'FUNCTION_TIMEOUT',
      'OVERLOADED',
      'DEADLINE',
    ] satisfies ErrorCode[]
  ).map((code) => [code, code]),
);

/** Statuses with which grpc-js tells that a connection broke or refused; without a reason of the server they have no other meaning. */
const lostStatuses: ReadonlySet<string> = new Set(['UNAVAILABLE', 'CANCELLED']);

/** What grpc-js calls a stream that ended without a status; the server's own errors have other texts. */
const streamEnded = /^Received RST_STREAM with code |^Connection dropped|^No connection established/;

/** What grpc-js says of an answer that is HTTP and no gRPC: a proxy before the pod gave it. 404 it takes for UNIMPLEMENTED. */
const notGrpc = /^Received HTTP status code /;

/** Whether a gRPC server has answered that it does not know the method. */
export function isUnknownMethod({ status, message }: GrpcFailure): boolean {
  return status === 'UNIMPLEMENTED' && !notGrpc.test(message);
}

/** Turns the status of a call to a pod into an error of ours. Pure. */
export function callError(
  failure: GrpcFailure,
  about: { readonly address: string; readonly image: string },
): RunnerError {
  const { status, reason, hint, message, retryDelaySeconds } = failure;
  const code = sameCodes.get(reason);
  if (code !== undefined) {
    return new RunnerError(code, message, {
      image: about.image,
      ...(hint !== '' && { hint }),
      ...(retryDelaySeconds !== undefined && { retryAfterSeconds: retryDelaySeconds }),
    });
  }
  if (reason === 'SHUTTING_DOWN' || (reason === '' && isLost(status, message))) {
    return lost(about.address, message, failure);
  }
  if (reason === '' && status === 'RESOURCE_EXHAUSTED') return tooLarge(message, about.image, failure);
  if (reason === '' && status === 'DEADLINE_EXCEEDED') {
    return new RunnerError('DEADLINE', 'the pod did not answer in time', { cause: failure, image: about.image });
  }
  const text = `the pod at ${about.address} answered ${status}: ${safeText(message, maxMessageChars)}`;
  return new RunnerError('INTERNAL', text, { cause: failure, image: about.image });
}

function isLost(status: string, message: string): boolean {
  return lostStatuses.has(status) || notGrpc.test(message) || (status === 'INTERNAL' && streamEnded.test(message));
}
