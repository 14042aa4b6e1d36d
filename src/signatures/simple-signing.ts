import { isJsonObject, type JsonObject } from '../core/json.ts';
import { safeText } from '../core/safe-text.ts';
import { parseObject, unreadable } from './parse-object.ts';

const payloadType = 'cosign container image signature';

/**
 * The digest that a payload of cosign's simple signing is about, `sha256:…`.
 *
 * The name that stands in it (`docker-reference`) is not looked at, as `cosign verify` does not: images are copied from
 * registry to registry together with their signatures (`cosign copy`), and mirrors and proxies give them yet other names.
 * Who signs for one repository only gives it a key and a pattern of its own.
 *
 * https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#simple-signing
 *
 * @throws RunnerError `SIGNATURE_INVALID` for anything else than such a payload
 */
export function simpleSigningDigest(payload: Uint8Array): string {
  const critical = member(parseObject(payload, 'the payload'), 'critical');
  const type = critical['type'];
  if (type !== payloadType) throw unreadable(`the payload is a ${JSON.stringify(shown(type))}`);
  const digest = member(critical, 'image')['docker-manifest-digest'];
  if (typeof digest !== 'string') throw unreadable('the payload names no docker-manifest-digest');
  return digest;
}

function member(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  if (!isJsonObject(value)) throw unreadable(`the payload has no "${name}"`);
  return value;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? safeText(value, 60) : typeof value;
}
