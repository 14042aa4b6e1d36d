import { randomUUID } from 'node:crypto';
import type { handleUnaryCall, Metadata, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { RunnerError, toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { ActiveCalls } from './active-calls.ts';
import type { CallContext } from './call-context.ts';
import { failureStatus } from './failure-status.ts';
import { type Message, messageOf } from './fields.ts';

/** Answers one request; throws a RunnerError to fail it. */
export type UnaryMethod = (request: Message, context: CallContext) => Promise<object>;

/** A handler for grpc-js: gives the method a log with a request id and a signal, and turns what it throws into a status. */
export function unaryHandler(
  method: UnaryMethod,
  parts: { readonly calls: ActiveCalls; readonly log: Log },
): handleUnaryCall<object, object> {
  return (call, callback) => {
    parts.calls
      .run(async (controller) => answer(method, call, callback, controller, parts.log))
      .catch((thrown: unknown) => {
        parts.log.error('answer could not be sent', { error: toRunnerError(thrown) });
      });
  };
}

async function answer(
  method: UnaryMethod,
  call: ServerUnaryCall<object, object>,
  callback: sendUnaryData<object>,
  controller: AbortController,
  serviceLog: Log,
): Promise<void> {
  const log = serviceLog.child({ request: requestId(call.metadata), method: call.getPath() });
  call.once('cancelled', () => {
    controller.abort(cancellation(call));
  });
  try {
    const response = await method(messageOf(call.request), { signal: controller.signal, log });
    callback(null, response);
  } catch (thrown) {
    const error = toRunnerError(thrown);
    if (error.code === 'INTERNAL') log.error('call failed unexpectedly', { error, stack: stackOf(thrown) });
    else log.info('call failed', { error });
    callback(failureStatus(error));
  }
}

/** grpc-js says "cancelled" for a deadline that has passed too. */
function cancellation(call: ServerUnaryCall<object, object>): RunnerError {
  const deadline = call.getDeadline();
  const passed = Number(deadline) <= Date.now();
  return passed
    ? new RunnerError('DEADLINE', "the caller's deadline has passed")
    : new RunnerError('CANCELLED', 'the caller has gone away');
}

/** The caller's own `x-request-id` where it is harmless, else a new one. */
function requestId(metadata: Metadata): string {
  const [given] = metadata.get('x-request-id');
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

function stackOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? thrown.stack : undefined;
}
