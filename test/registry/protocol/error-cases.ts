/** An answer to a manifest request, and what the caller is told. */
export interface ErrorCase {
  readonly row: string;
  readonly what: string;
  readonly status: number;
  readonly body: string;
  readonly type?: string;
  /** Of gRPC. */
  readonly code?: string;
  readonly reason: string;
  readonly says?: string;
  /** How often it is asked; default once. */
  readonly requests?: number;
}

export const html =
  '<!DOCTYPE html>\n<html>\u0007<body>Welcome, this is an ingress and nothing that knows images</body></html>';

/** A body as the distribution specification has it. */
export function errors(...entries: readonly (readonly [code: string, message: string])[]): string {
  return JSON.stringify({ errors: entries.map(([code, message]) => ({ code, message })) });
}

const notFound = { code: 'NOT_FOUND', reason: 'MAN_NOT_FOUND', says: 'tag v1 does not exist' } as const;
export const errorCases: readonly ErrorCase[] = [
  {
    row: 'ER1',
    what: '404 MANIFEST_UNKNOWN',
    status: 404,
    body: errors(['MANIFEST_UNKNOWN', 'manifest unknown']),
    ...notFound,
  },
  {
    row: 'ER2',
    what: '404 NAME_UNKNOWN',
    status: 404,
    body: errors(['NAME_UNKNOWN', 'unknown']),
    code: 'NOT_FOUND',
    reason: 'REPO_NOT_FOUND',
    says: 'repository team/fn does not exist',
  },
  {
    row: 'ER3',
    what: '404 NOT_FOUND',
    status: 404,
    body: errors(['NOT_FOUND', 'artifact team/fn:v1 not found']),
    ...notFound,
  },
  { row: 'ER4', what: '404 with code "404"', status: 404, body: errors(['404', 'not found']), ...notFound },
  { row: 'ER5', what: '404 in plain text', status: 404, body: 'Not found', type: 'text/plain', ...notFound },
  {
    row: 'ER6',
    what: '404 with a web page',
    status: 404,
    body: html,
    type: 'text/html',
    code: 'FAILED_PRECONDITION',
    reason: 'NOT_A_REGISTRY',
    says: 'does not look like a registry',
  },
  {
    row: 'ER11',
    what: '403 DENIED',
    status: 403,
    body: errors(['DENIED', 'not yours']),
    code: 'PERMISSION_DENIED',
    reason: 'AUTH_FORBIDDEN',
    says: 'DENIED: not yours',
  },
  {
    row: 'ER14',
    what: '400 NAME_INVALID',
    status: 400,
    body: errors(['NAME_INVALID', 'bad name']),

    reason: 'REGISTRY_ERROR',
    says: 'NAME_INVALID: bad name',
  },
  {
    row: 'ER15',
    what: 'five errors, of which it shows three',
    status: 400,
    body: errors(['A', '1'], ['B', '2'], ['C', '3'], ['D', '4'], ['E', '5']),

    reason: 'REGISTRY_ERROR',
    says: 'A: 1; B: 2; C: 3; and 2 more',
  },
  {
    row: 'ER16',
    what: '400 without a body',
    status: 400,
    body: '',

    reason: 'REGISTRY_ERROR',
    says: 'unexpected status 400 Bad Request',
  },
  {
    row: 'ER17',
    what: '400 with a web page, of which it shows the beginning in one line',
    status: 400,
    body: html,
    type: 'text/html',

    reason: 'REGISTRY_ERROR',
    says: '400 Bad Request: <!DOCTYPE html> <html> <body>Welcome',
  },
  {
    row: 'ER18',
    what: 'a status that nobody knows',
    status: 333,
    body: '',

    reason: 'REGISTRY_ERROR',
    says: 'unexpected status 333',
  },
  { row: 'ER19', what: '404 with an empty list of errors', status: 404, body: '{"errors":[]}', ...notFound },
  {
    row: 'ER22',
    what: '403 with a temporary code beside DENIED',
    status: 403,
    body: errors(['TOOMANYREQUESTS', 'slow'], ['DENIED', 'no']),
    code: 'PERMISSION_DENIED',
    reason: 'AUTH_FORBIDDEN',
  },
  ...[500, 502, 503, 504].map((status) => ({
    row: 'ER21',
    what: `${String(status)}, after retries`,
    status,
    body: '',
    code: 'UNAVAILABLE',
    reason: 'REGISTRY_UNAVAILABLE',
    says: String(status),
    requests: 4,
  })),
  {
    row: 'ER13',
    what: '429 without Retry-After, after retries',
    status: 429,
    body: errors(['TOOMANYREQUESTS', 'slow down']),
    code: 'RESOURCE_EXHAUSTED',
    reason: 'RATE_LIMITED',
    says: 'slow down',
    requests: 4,
  },
  {
    row: '7.2.15',
    what: '200 with a web page for a manifest',
    status: 200,
    body: html,
    type: 'text/html',
    code: 'FAILED_PRECONDITION',
    reason: 'NOT_A_REGISTRY',
  },
];
