import { jsonAt } from '../json-at.ts';

/** One request as the API server's audit log has it. */
export interface ApiRequest {
  /** Like `system:serviceaccount:NAMESPACE:NAME`, or `admin`. */
  readonly user: string;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb: string;
  /** Plural, with its subresource: `pods`, `pods/status`; empty for what is no resource. */
  readonly resource: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly namespace: string;
  /** Empty for lists and for creates. */
  readonly name: string;
  /** HTTP status of the answer. */
  readonly status: number;
  /** Path and query. */
  readonly uri: string;
  readonly userAgent: string;
}

/**
 * The requests of an audit log of JSON lines, in the order in which they were answered; a watch counts from its first
 * bytes. Shapes: Kubernetes API, audit.k8s.io/v1 Event.
 */
export function parseAuditLog(log: string): readonly ApiRequest[] {
  const byId = new Map<unknown, ApiRequest>();
  for (const line of log.split('\n')) {
    if (line === '') continue;
    const event: unknown = JSON.parse(line);
    const id = jsonAt(event, 'auditID');
    if (!byId.has(id)) byId.set(id, parseEvent(event));
  }
  return [...byId.values()];
}

function parseEvent(event: unknown): ApiRequest {
  const text = (...path: readonly string[]): string => {
    const value = jsonAt(event, ...path);
    return typeof value === 'string' ? value : '';
  };
  const subresource = text('objectRef', 'subresource');
  return {
    user: text('user', 'username'),
    verb: text('verb'),
    resource: `${text('objectRef', 'resource')}${subresource === '' ? '' : `/${subresource}`}`,
    group: text('objectRef', 'apiGroup'),
    namespace: text('objectRef', 'namespace'),
    name: text('objectRef', 'name'),
    status: Number(jsonAt(event, 'responseStatus', 'code') ?? 0),
    uri: text('requestURI'),
    userAgent: text('userAgent'),
  };
}
