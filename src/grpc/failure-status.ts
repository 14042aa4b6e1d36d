import { Metadata, status, type ServerErrorResponse } from '@grpc/grpc-js';
import type { RunnerError } from '../core/errors.ts';
import { cutMiddle, fit } from './cut-text.ts';
import { packDetails } from './error-details.ts';
import { FunctionFailure } from './function-failure.ts';
import { protoMessage } from '../rpc/proto.ts';
import { statusNameOf } from './status-table.ts';

/** Largest error trailer, encoded: grpc-js fails the whole connection at a much bigger one, and others limit headers too. */
const maxTrailerBytes = 6 * 1024;

/** Names of the two headers, grpc-status, content-type and date; rounded up. */
const otherHeaderBytes = 256;

/** An error as grpc-js sends it: status, message, and google.rpc.Status with the details, within {@link maxTrailerBytes}. */
export function failureStatus(error: RunnerError): ServerErrorResponse {
  const code = status[statusNameOf[error.code]];
  const details = packDetails(error);
  const encode = (message: string): Buffer => protoMessage('google.rpc.Status').serialize({ code, message, details });
  const size = (message: string): number =>
    encodeURI(message).length + base64Length(encode(message).length) + otherHeaderBytes;
  const compose = (maxLength: number): string => messageOf(error, maxLength).toWellFormed();
  const message = fit(compose, size, maxTrailerBytes);
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', encode(message));
  return Object.assign(new Error(message), { code, details: message, metadata });
}

function messageOf(error: RunnerError, maxLength: number): string {
  return error instanceof FunctionFailure ? error.compose(maxLength) : cutMiddle(error.message, maxLength);
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
