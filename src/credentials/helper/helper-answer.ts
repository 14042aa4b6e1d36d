import { decodeJson, isJsonObject } from '../../core/json.ts';
import type { Login } from '../candidate.ts';
import { parseEntry } from '../entry.ts';
import type { ProgramRun } from '../program/run-program.ts';

/** What a helper has for a registry. A reason holds nothing secret. */
export type HelperAnswer =
  | { readonly kind: 'login'; readonly login: Login }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly reason: string };

/** The protocol's own messages, on standard output (registry-behaviour CH4, CH5); any other text may hold anything. */
const notFound = 'credentials not found in native keychain';
const knownMessages: readonly string[] = ['no credentials server URL', 'no credentials username'];

/** User name that makes the secret an identity token (CH6). */
const tokenUser = '<token>';

/** https://github.com/docker/docker-credential-helpers, `get`. */
export function readHelperAnswer(run: ProgramRun): HelperAnswer {
  if (run.kind === 'failed') return run;
  if (run.exitCode === 0) return readLogin(run.stdout);
  const message = run.stdout.toString('utf8').trim();
  if (message === notFound) return { kind: 'none' };
  if (knownMessages.includes(message)) return failed(`it says: ${message}`);
  return failed(run.exitCode === undefined ? 'it was killed' : `it ended with exit code ${String(run.exitCode)}`);
}

function readLogin(stdout: Buffer): HelperAnswer {
  const fields = readFields(stdout);
  if (typeof fields === 'string') return failed(fields);
  const { username, secret } = fields;
  const entry = parseEntry(username === tokenUser ? { identitytoken: secret } : { username, password: secret });
  if (entry.kind === 'broken') return failed(`in its answer, ${entry.reason}`);
  return entry.kind === 'empty' ? { kind: 'none' } : entry;
}

/** The fields, in any case as Go reads them, or what is wrong. */
function readFields(stdout: Buffer): Readonly<Record<'username' | 'secret', string>> | string {
  let document: unknown;
  try {
    document = decodeJson(stdout);
  } catch (thrown) {
    return `its answer is ${thrown instanceof SyntaxError ? thrown.message : 'not valid JSON'}`;
  }
  if (!isJsonObject(document)) return 'its answer is not a JSON object';
  const fields = { username: '', secret: '' };
  for (const [key, value] of Object.entries(document)) {
    const name = key.toLowerCase();
    if ((name !== 'username' && name !== 'secret') || value === null) continue;
    if (typeof value !== 'string') return `in its answer, ${name} is not a text`;
    fields[name] = value;
  }
  return fields;
}

function failed(reason: string): HelperAnswer {
  return { kind: 'failed', reason };
}
