import type { Hop } from './hop.ts';
import type { Route, TransportRequest } from './transport-request.ts';

/** The transport's to set, or nobody's. */
const reserved: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'host',
  'proxy-authorization',
  'transfer-encoding',
]);

/** All that a host gets to know which a redirect named. */
const harmless: ReadonlySet<string> = new Set(['accept', 'user-agent']);

/** The headers of one hop, made anew for each (registry-behaviour 5.6 RD12, 7.1 S8): nothing is carried over and then taken out. */
export function requestHeaders(hop: Hop, request: TransportRequest, route: Route): Readonly<Record<string, string>> {
  const given = Object.fromEntries(
    Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  const all = hop.own ? { ...given, ...nodeHeaders(hop, request, route, given) } : given;
  const kept = Object.entries(all).filter(([name]) => (hop.own ? !reserved.has(name) : harmless.has(name)));
  const authorization = hop.own ? request.authorize?.(route) : undefined;
  return {
    ...Object.fromEntries(kept),
    ...(authorization === undefined ? {} : { authorization: authorization.reveal().toString('latin1') }),
  };
}

/** Of what we say ourselves the node may replace the user agent alone. */
function nodeHeaders(
  { endpoint }: Hop,
  request: TransportRequest,
  route: Route,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (!route.credentialsAllowed && endpoint.plaintextAllowed !== true) return {};
  const entries = Object.entries(request.nodeHeaders ?? {});
  return Object.fromEntries(entries.filter(([name]) => name === 'user-agent' || given[name] === undefined));
}
