import type { Secret } from '../core/secret.ts';
import type { Reference } from '../image/reference.ts';
import { registryEndpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';

/** A host that a repository is asked of: the registry itself, or a mirror of it. */
export interface RegistryHost {
  /** `origin`: the one that credentials of the reference are for. `elsewhere`: any other, with credentials of its own only. */
  readonly identity: 'origin' | 'elsewhere';
  readonly endpoint: Endpoint;
  /** Of the API, without a slash at its end: `/v2`. */
  readonly basePath: string;
  /** The registry that a host stands in for, which it is told as `?ns=`; undefined for that registry itself. */
  readonly namespace: string | undefined;
  /** Lower-case names; values may be secret, and go where a login may: see `TransportRequest.nodeHeaders`. */
  readonly headers: ReadonlyMap<string, Secret>;
  /** It may be asked for content by digest. */
  readonly mayPull: boolean;
  /** It may say what a tag means. */
  readonly mayResolve: boolean;
}

/** The registry that a reference names, of which nothing more is known. */
export function originHost(reference: Pick<Reference, 'apiHost'>): RegistryHost {
  return {
    identity: 'origin',
    endpoint: registryEndpoint(reference.apiHost),
    basePath: '/v2',
    namespace: undefined,
    headers: new Map(),
    mayPull: true,
    mayResolve: true,
  };
}

/** The path and query of a request; `rest` begins with a slash. */
export function apiPath({ basePath, namespace }: RegistryHost, rest: string): string {
  if (namespace === undefined) return basePath + rest;
  return `${basePath}${rest}${rest.includes('?') ? '&' : '?'}ns=${encodeURIComponent(namespace)}`;
}

/** What goes beside the request's own headers. `authorization` is left out: it is sent only where a login may go. */
export function extraHeaders({ headers }: RegistryHost): Readonly<Record<string, string>> {
  const shown = [...headers].filter(([name]) => name !== 'authorization');
  return Object.fromEntries(shown.map(([name, value]) => [name, value.reveal().toString('latin1')]));
}
