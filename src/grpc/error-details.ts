import type { RunnerError } from '../core/errors.ts';
import { protoMessage } from '../rpc/proto.ts';
import { statusNameOf } from './status-table.ts';

/** Names this server in google.rpc.ErrorInfo. https://google.aip.dev/193 */
const errorDomain = 'krm-function-runner';

const maxAttemptBytes = 1024;
const maxTextBytes = 256;
const maxHintBytes = 512;

interface PackedDetail {
  readonly type_url: string;
  readonly value: Buffer;
}

/** The google.rpc details of an error, packed: reason, retry delay, bad field, hint and attempts. At most about 2 KiB. */
export function packDetails(error: RunnerError): readonly PackedDetail[] {
  const { details } = error;
  const badField = badFieldOf(error);
  const packed = [
    pack('google.rpc.ErrorInfo', { reason: error.code, domain: errorDomain, metadata: metadataOf(error) }),
    pack('functionrunner.v1.Failure', {
      hint: short(details.hint ?? '', maxHintBytes),
      attempts: attemptsThatFit(details.attempts ?? []),
      attemptCount: details.attempts?.length ?? 0,
    }),
  ];
  if (error.code === 'RATE_LIMITED' || error.code === 'OVERLOADED' || details.retryAfterSeconds !== undefined) {
    packed.push(pack('google.rpc.RetryInfo', { retryDelay: { seconds: Math.ceil(details.retryAfterSeconds ?? 1) } }));
  }
  if (badField !== undefined) {
    const fieldViolations = [{ field: badField, description: short(error.message) }];
    packed.push(pack('google.rpc.BadRequest', { fieldViolations }));
  }
  return packed;
}

function badFieldOf(error: RunnerError): string | undefined {
  if (error.code === 'REQUEST_INVALID') return 'resource_list';
  return statusNameOf[error.code] === 'INVALID_ARGUMENT' ? 'image' : undefined;
}

function pack(name: string, message: object): PackedDetail {
  return { type_url: `type.googleapis.com/${name}`, value: protoMessage(name).serialize(message) };
}

function metadataOf(error: RunnerError): Record<string, string> {
  const { image, registry, file, runtime, httpStatus } = error.details;
  const known = {
    image,
    registry,
    file,
    runtime,
    httpStatus: httpStatus === undefined ? undefined : String(httpStatus),
  };
  return Object.fromEntries(
    Object.entries(known).flatMap(([key, value]) => (value === undefined ? [] : [[key, short(value)]])),
  );
}

/** The last attempts tell how it ended, so the first ones go when not all fit. */
function attemptsThatFit(attempts: NonNullable<RunnerError['details']['attempts']>): readonly object[] {
  const kept: object[] = [];
  let bytes = 0;
  for (const attempt of attempts.toReversed()) {
    const { step, address, outcome } = attempt;
    const entry = { step, address: short(address), outcome, reason: short(attempt.reason) };
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (bytes > maxAttemptBytes) break;
    kept.unshift(entry);
  }
  return kept;
}

/** The beginning of the text, at most about `maxBytes` of UTF-8. */
function short(text: string, maxBytes = maxTextBytes): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text.toWellFormed();
  const kept = new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true });
  return `${kept}…(${String(bytes.length)} bytes)`;
}
