import { RunnerError } from '../core/errors.ts';
import { decodeJson, isJsonObject, type JsonObject } from '../core/json.ts';

/** @param what for the message, like `the payload` @throws RunnerError `SIGNATURE_INVALID` */
export function parseObject(bytes: Uint8Array, what: string): JsonObject {
  let value: unknown;
  try {
    value = decodeJson(bytes);
  } catch {
    throw unreadable(`${what} is not JSON`);
  }
  if (!isJsonObject(value)) throw unreadable(`${what} is not a JSON object`);
  return value;
}

export function unreadable(reason: string): RunnerError {
  return new RunnerError('SIGNATURE_INVALID', reason);
}
