/** What a request is about, as RBAC sees it. */
export interface Target {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty when there is none. */
  readonly subresource: string;
  /** Empty for all namespaces and for objects of the whole cluster. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
}

const verbs: Readonly<Record<string, Target['verb']>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Undefined for a path that is no object's or collection's. */
export function parseTarget(method: string, url: URL): Target | undefined {
  const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const root = parts.shift();
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'apis' ? (parts.shift() ?? '') : '';
  const version = parts.shift() ?? '';
  const scoped = parts[0] === 'namespaces' && parts.length > 2;
  const namespace = scoped ? (parts[1] ?? '') : '';
  const [resource, name = '', subresource = ''] = scoped ? parts.slice(2) : parts;
  if (resource === undefined) return undefined;
  const reading = url.searchParams.get('watch') === 'true' ? 'watch' : name === '' ? 'list' : 'get';
  return { verb: verbs[method] ?? reading, group, version, resource, subresource, namespace, name };
}
