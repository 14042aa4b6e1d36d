import { type ServiceError, status } from '@grpc/grpc-js';
import { type AttemptMessage, attemptOf } from './client-messages.ts';
import {
  bytesField,
  type Message,
  messageListField,
  messageOf,
  numberField,
  optionalMessageField,
  textField,
} from './fields.ts';
import { protoMessage } from './proto.ts';

/** An error status of this project's services, with its details unpacked. */
export class GrpcFailure extends Error {
  override readonly name = 'GrpcFailure';
  /** Like `NOT_FOUND`. */
  readonly status: string;
  /** The tag of google.rpc.ErrorInfo; empty where the server sent none. */
  readonly reason: string;
  readonly hint: string;
  readonly attempts: readonly AttemptMessage[];
  /** google.rpc.RetryInfo. */
  readonly retryDelaySeconds: number | undefined;
  /** Fields named by google.rpc.BadRequest. */
  readonly badFields: readonly string[];
  /** Bytes of `grpc-status-details-bin`, before base64. */
  readonly detailsBytes: number;

  constructor(error: ServiceError) {
    super(error.details, { cause: error });
    const packed = error.metadata.get('grpc-status-details-bin').find((value) => Buffer.isBuffer(value));
    const details = packed === undefined ? [] : detailsOf(packed);
    const info = details.find((detail) => detail.name === 'google.rpc.ErrorInfo')?.message;
    const failure = details.find((detail) => detail.name === 'functionrunner.v1.Failure')?.message;
    const retry = details.find((detail) => detail.name === 'google.rpc.RetryInfo')?.message;
    const bad = details.find((detail) => detail.name === 'google.rpc.BadRequest')?.message;
    const delay = retry && optionalMessageField(retry, 'retryDelay');
    this.status = status[error.code] ?? 'UNKNOWN';
    this.reason = info === undefined ? '' : textField(info, 'reason');
    this.hint = failure === undefined ? '' : textField(failure, 'hint');
    this.attempts = failure === undefined ? [] : messageListField(failure, 'attempts').map(attemptOf);
    this.retryDelaySeconds = delay && numberField(delay, 'seconds');
    this.badFields =
      bad === undefined ? [] : messageListField(bad, 'fieldViolations').map((field) => textField(field, 'field'));
    this.detailsBytes = packed?.length ?? 0;
  }
}

function detailsOf(packed: Buffer): readonly { readonly name: string; readonly message: Message }[] {
  const model = messageOf(protoMessage('google.rpc.Status').deserialize(packed));
  return messageListField(model, 'details').map((detail) => {
    const name = textField(detail, 'type_url').split('/').at(-1) ?? '';
    return { name, message: messageOf(protoMessage(name).deserialize(bytesField(detail, 'value'))) };
  });
}
