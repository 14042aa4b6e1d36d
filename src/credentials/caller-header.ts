import { RunnerError } from '../core/errors.ts';
import { decodeJson, isJsonObject, type JsonObject } from '../core/json.ts';
import { decodeBase64 } from './base64.ts';
import { callerKey, type CallerLogin } from './caller.ts';
import { type Entry, parseEntry } from './entry.ts';

const maxBytes = 8 * 1024;
const openingBrace = 0x7b;
const lineFeed = 0x0a;
const hint =
  "Send base64 of user:password (printf %s 'user:password' | base64 -w0), or the X-Registry-Auth of Docker's Engine API.";

/**
 * The login in the metadata `x-registry-auth` of a call: base64 of `user:password`, or of the JSON that Docker's Engine API
 * takes as X-Registry-Auth (https://docs.docker.com/reference/api/engine/, "Authentication"). Either alphabet of base64 will
 * do, with or without padding. No error quotes anything of it.
 *
 * @param values all that the call has under that name, at least one
 * @throws RunnerError `REQUEST_INVALID`
 */
export function parseCallerHeader(values: readonly string[]): CallerLogin {
  const [text = ''] = values;
  // HTTP/2 joins what was sent twice, and no base64 has a comma.
  if (values.length > 1 || text.includes(',')) throw invalid('is given more than once');
  if (text.length > maxBytes) throw invalid(`is longer than ${String(maxBytes)} bytes`);
  if (text.trim() === '') throw invalid('is empty; without it the credentials of the service are used');
  const bytes = decodeBase64(text.trim().replaceAll('-', '+').replaceAll('_', '/'));
  if (bytes === undefined) throw invalid('is not base64');
  if (bytes[0] === openingBrace) return ofDocker(bytes);
  // A key file as password may end in one: `_json_key:{…}`.
  if (bytes.at(-1) === lineFeed && !bytes.includes(':{')) throw invalid('ends in a line break, as echo writes one');
  if (!bytes.includes(':')) throw invalid('is neither base64 of user:password nor of JSON');
  return { login: loginOf(parseEntry({ auth: bytes.toString('base64') })), server: undefined };
}

function ofDocker(bytes: Buffer): CallerLogin {
  const document = documentOf(bytes);
  const server = Object.entries(document).find(([name]) => name.toLowerCase() === 'serveraddress')?.[1] ?? '';
  if (typeof server !== 'string') throw invalid('serveraddress is not a text');
  return { login: loginOf(parseEntry(document)), server: server === '' ? undefined : server };
}

function documentOf(bytes: Buffer): JsonObject {
  try {
    const document = decodeJson(bytes);
    if (isJsonObject(document)) return document;
  } catch {
    // Said below.
  }
  throw invalid('begins like JSON and is none');
}

function loginOf(entry: Entry): CallerLogin['login'] {
  if (entry.kind === 'broken') throw invalid(entry.reason);
  if (entry.kind === 'empty' || entry.login.kind === 'anonymous') throw invalid('holds no login');
  return entry.login;
}

function invalid(problem: string): RunnerError {
  return new RunnerError('REQUEST_INVALID', `the metadata ${callerKey}: ${problem}`, { hint });
}
