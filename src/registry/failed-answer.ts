import type { RunnerError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { readErrorBody } from './error-body.ts';
import { firstHeader } from './transport/http-header.ts';
import { registryError } from './registry-error.ts';
import type { Question } from './registry-error.ts';
import { retryAfterSeconds } from '../core/retry-after.ts';
import type { TransportResponse } from './transport/transport-request.ts';

/** Reads an answer that is no success to its end, and says what it means. `secrets` are what may have been echoed. */
export async function readFailure(
  question: Question,
  response: TransportResponse,
  options: { readonly signal: AbortSignal; readonly nowMs: number; readonly secrets: readonly Secret[] },
): Promise<RunnerError> {
  const body = await readErrorBody(response, options.signal, options.secrets);
  return registryError(question, {
    status: response.status,
    body,
    retryAfterSeconds: retryAfterSeconds(firstHeader(response.headers, 'retry-after'), options.nowMs),
    host: response.route.authority,
    redirected: response.redirected,
  });
}
