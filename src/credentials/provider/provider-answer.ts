import { decodeJson, isJsonObject, type JsonObject } from '../../core/json.ts';
import { type Entry, parseEntry } from '../entry.ts';
import { type CredentialKey, parseKey } from '../key.ts';
import type { ProgramRun } from '../program/run-program.ts';

/** Which other images an answer is for. */
export type CacheKeyType = 'Image' | 'Registry' | 'Global';

interface ProvidedEntry {
  /** As in the answer. */
  readonly text: string;
  readonly key: CredentialKey;
  readonly entry: Exclude<Entry, { readonly kind: 'empty' }>;
}

/** What a provider says about an image. A reason holds nothing of its output. */
export type ProviderAnswer =
  | {
      readonly kind: 'answer';
      readonly cacheKeyType: CacheKeyType;
      /** Undefined: as long as the configuration says. */
      readonly cacheMs: number | undefined;
      readonly entries: readonly ProvidedEntry[];
    }
  | { readonly kind: 'failed'; readonly reason: string };

export interface AnswerRules {
  /** Of the protocol: request and response have the same one. */
  readonly apiVersion: string;
  /** Milliseconds of a Go duration. */
  readonly parseDuration: (text: string) => number | undefined;
}

/** User name that makes the password an identity token, as helpers have it (registry-behaviour CH6). */
const tokenUser = '<token>';

/**
 * What a provider wrote, a CredentialProviderResponse:
 * https://kubernetes.io/docs/reference/config-api/kubelet-credentialprovider.v1/
 */
export function readProviderAnswer(run: ProgramRun, { apiVersion, parseDuration }: AnswerRules): ProviderAnswer {
  if (run.kind === 'failed') return run;
  if (run.exitCode === undefined) return failed('it was killed');
  if (run.exitCode !== 0) return failed(`it ended with exit code ${String(run.exitCode)}`);
  const response = responseOf(run.stdout);
  if (typeof response === 'string') return failed(response);
  if (response['apiVersion'] !== apiVersion) return failed(`its answer is not of apiVersion ${apiVersion}`);
  if (response['kind'] !== 'CredentialProviderResponse') return failed('its answer is no CredentialProviderResponse');
  const { cacheKeyType } = response;
  if (cacheKeyType !== 'Image' && cacheKeyType !== 'Registry' && cacheKeyType !== 'Global') {
    return failed('in its answer, cacheKeyType is none of Image, Registry and Global');
  }
  const duration = response['cacheDuration'] ?? undefined;
  const cacheMs = typeof duration === 'string' ? parseDuration(duration) : undefined;
  if (duration !== undefined && cacheMs === undefined) return failed('in its answer, cacheDuration is not a duration');
  const entries = entriesOf(response['auth'] ?? {});
  return typeof entries === 'string' ? failed(entries) : { kind: 'answer', cacheKeyType, cacheMs, entries };
}

function responseOf(stdout: Buffer): JsonObject | string {
  try {
    const document = decodeJson(stdout);
    return isJsonObject(document) ? document : 'its answer is not a JSON object';
  } catch (thrown) {
    return `its answer is ${thrown instanceof SyntaxError ? thrown.message : 'not valid JSON'}`;
  }
}

/** The entries with something to log in with, or what is wrong. */
function entriesOf(auth: unknown): readonly ProvidedEntry[] | string {
  if (!isJsonObject(auth)) return 'in its answer, auth is not an object';
  const entries: ProvidedEntry[] = [];
  for (const [text, value] of Object.entries(auth)) {
    const key = parseKey(text);
    const entry = entryOf(value);
    if (typeof entry === 'string') return entry;
    if (key !== undefined && entry.kind !== 'empty') entries.push({ text, key, entry });
  }
  return entries;
}

function entryOf(value: unknown): Entry | string {
  if (!isJsonObject(value)) return 'in its answer, a value of auth is not an object';
  const username = value['username'] ?? '';
  const password = value['password'] ?? '';
  if (typeof username !== 'string' || typeof password !== 'string') {
    return 'in its answer, a user name or password is not a text';
  }
  return parseEntry(username === tokenUser ? { identitytoken: password } : { username, password });
}

function failed(reason: string): ProviderAnswer {
  return { kind: 'failed', reason };
}
