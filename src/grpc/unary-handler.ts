import { randomUUID } from 'node:crypto';
import type { handleUnaryCall, Metadata, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { noteDeadline } from '../core/deadline.ts';
import { RunnerError, toRunnerError } from '../core/errors.ts';
import type { Log, LogValues } from '../core/log.ts';
import { withRequestId } from '../core/request-id.ts';
import type { ActiveCalls } from './active-calls.ts';
import type { CallContext } from './call-context.ts';
import { cutMiddle } from './cut-text.ts';
import { failureStatus } from './failure-status.ts';
import { registryAuthOf, type RegistryAuthRules } from './registry-auth.ts';
import { type Message, messageOf, textField } from '../rpc/fields.ts';

/** Answers one request; throws a RunnerError to fail it. */
export type UnaryMethod = (request: Message, context: CallContext) => Promise<object>;

/** A handler for grpc-js: gives what the method does a request id, a log and a signal, and turns what it throws into a status. */
export function unaryHandler(
  method: UnaryMethod,
  parts: { readonly calls: ActiveCalls; readonly log: Log; readonly registryAuth: RegistryAuthRules },
): handleUnaryCall<object, object> {
  const { registryAuth } = parts;
  return (call, callback) => {
    const id = requestIdOf(call.metadata);
    const log = parts.log.child({ method: call.getPath() });
    withRequestId(id, async () =>
      parts.calls.run(async (controller) => answer(method, { id, call, callback, controller, log, registryAuth })),
    ).catch((thrown: unknown) => {
      log.error('answer could not be sent', { requestId: id, error: toRunnerError(thrown) });
    });
  };
}

interface UnaryCall {
  readonly id: string;
  readonly call: ServerUnaryCall<object, object>;
  readonly callback: sendUnaryData<object>;
  readonly controller: AbortController;
  readonly log: Log;
  readonly registryAuth: RegistryAuthRules;
}

async function answer(method: UnaryMethod, parts: UnaryCall): Promise<void> {
  const { id, call, callback, controller, log, registryAuth } = parts;
  const startedMs = performance.now();
  let noted: LogValues = {};
  const note = (values: LogValues): void => {
    noted = { ...noted, ...values };
  };
  noteDeadline(controller.signal, undefined, Number(call.getDeadline()));
  call.once('cancelled', () => {
    controller.abort(cancellation(call));
  });
  try {
    const request = messageOf(call.request);
    const caller = registryAuthOf(call, registryAuth);
    const response = await method(request, { signal: controller.signal, caller, log, note });
    callback(null, response);
    const image = cutMiddle(textField(request, 'image'), 300);
    log.debug('call answered', { image, ms: Math.round(performance.now() - startedMs), ...noted });
  } catch (thrown) {
    callback(failureStatus(failureOf(thrown, id, log)));
  }
}

/** What the caller is told. The text of an error that nobody foresaw may hold anything, so it stays in the log. */
function failureOf(thrown: unknown, requestId: string, log: Log): RunnerError {
  if (thrown instanceof RunnerError) {
    if (thrown.code !== 'FUNCTION_FAILED') log.info('call failed', { error: thrown });
    return thrown;
  }
  log.error('call failed unexpectedly', { error: thrown, stack: thrown instanceof Error ? thrown.stack : undefined });
  return new RunnerError('INTERNAL', `unexpected error; the log tells more of request ${requestId}`);
}

/** Callers end a call themselves when its deadline passes, which arrives here a little before our own timer. */
const deadlineToleranceMs = 100;

function cancellation(call: ServerUnaryCall<object, object>): RunnerError {
  const remainingMs = Number(call.getDeadline()) - Date.now();
  return remainingMs <= deadlineToleranceMs
    ? new RunnerError('DEADLINE', "the caller's deadline has passed")
    : new RunnerError('CANCELLED', 'the caller has gone away');
}

/** The caller's own `x-request-id` where it is harmless, else a new one. */
function requestIdOf(metadata: Metadata): string {
  const [given] = metadata.get('x-request-id');
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}
