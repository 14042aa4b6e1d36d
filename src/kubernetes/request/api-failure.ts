import { decodeJson, isJsonObject, type JsonObject } from '../../core/json.ts';
import { safeText } from '../../core/safe-text.ts';
import { ApiError } from '../api-error.ts';
import { textAt } from '../object-meta.ts';

/** What was asked, for messages and counters. */
export interface ApiAction {
  /** As in RBAC: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`. */
  readonly verb: string;
  readonly resource: string;
  readonly group: string;
  readonly namespace: string;
  /** Empty for a list. */
  readonly name: string;
}

const maxMessageChars = 1000;

/** The `Status` that the API server puts into an answer that is no success. Shapes: Kubernetes API, meta/v1 Status. */
export interface ApiStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

/** Reads the body of a refusal; what is no Status gives its text. */
export function parseStatus(bytes: Uint8Array, httpStatus: number): ApiStatus {
  try {
    const value = decodeJson(bytes);
    if (isJsonObject(value)) return statusOf(value, httpStatus);
  } catch {
    // Proxies and the like answer in plain text.
  }
  return { code: httpStatus, reason: '', message: Buffer.from(bytes).toString('utf8') };
}

/** @param httpStatus 0 where there is none, as in a watch */
export function statusOf(value: JsonObject, httpStatus: number): ApiStatus {
  const code = httpStatus === 0 && typeof value['code'] === 'number' ? value['code'] : httpStatus;
  return { code, reason: textAt(value, 'reason'), message: textAt(value, 'message') };
}

/**
 * The error for a refusal. The server's message is left out for Secrets, except where it speaks of access: it may quote what
 * was sent.
 */
export function refusalError(action: ApiAction, server: string, { code, reason, message }: ApiStatus): ApiError {
  const isQuotable = action.resource !== 'secrets' || code === 401 || code === 403 || code === 404;
  const said = isQuotable ? safeText(message, maxMessageChars) : '';
  const text = `the API server ${server} did not ${describe(action)}: ${[String(code), reason, said].filter(Boolean).join(' ')}`;
  const answer = { status: code, reason };
  if (code === 401) return new ApiError('CLUSTER_DENIED', text, answer, { hint: unauthorizedHint });
  if (code === 403) return new ApiError('CLUSTER_DENIED', text, answer, { hint: forbiddenHint(action, message) });
  if (code === 429 || code >= 500) return new ApiError('CLUSTER_UNAVAILABLE', text, answer, { hint: waitHint });
  return new ApiError('CLUSTER_REFUSED', text, answer);
}

/** The error for a request that got no answer. */
export function noAnswerError(action: ApiAction, server: URL, cause: unknown): ApiError {
  const why = safeText(reasonOf(cause), maxMessageChars);
  return new ApiError(
    'CLUSTER_UNAVAILABLE',
    `no answer from the API server ${server.host} to ${describe(action)}: ${why}`,
    { status: 0, reason: '' },
    { cause, hint: reachHint },
  );
}

const unauthorizedHint = 'Check the service account token or the kubeconfig: the API server does not know who asks.';
const waitHint = 'Try again; if it goes on, look at the API server.';
const reachHint =
  'Check the server address, the CA and the network between here and the API server (kubeconfig, or the service account in a pod).';

/** Quota, Pod Security and admission refuse with 403 too: they say what is wrong, RBAC says `cannot`. */
function forbiddenHint({ verb, resource, group, namespace }: ApiAction, message: string): string {
  if (!message.includes(' cannot ')) return 'The cluster refuses it by policy or quota; its message says which.';
  const kind = group === '' ? resource : `${resource}.${group}`;
  return `Allow the verb "${verb}" on ${kind} in namespace ${namespace} in the runner's Role.`;
}

function describe({ verb, resource, name, namespace }: ApiAction): string {
  const what = name === '' ? resource : `${resource} ${name}`;
  return `${verb} ${what}${namespace === '' ? '' : ` in ${namespace}`}`;
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(reasonOf).join('; ');
  return cause.message;
}
