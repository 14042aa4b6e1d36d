import type { ConnectionStep } from '../core/attempt.ts';
import { RunnerError } from '../core/errors.ts';
import { joinAuthority, splitAuthority } from './authority.ts';
import { safeText } from '../core/safe-text.ts';
import type { HostTls } from './trust/host-tls.ts';

/** A host as it is named before anything is known of it. */
export interface Endpoint {
  readonly scheme: 'chain' | 'https' | 'http';
  /** Lower case, numeric forms of IPv4 resolved, without brackets. */
  readonly hostname: string;
  /** As named; undefined means 443, and 80 in plaintext. */
  readonly port: number | undefined;
  /** As the reference or URL names it. */
  readonly authority: string;
  /** For the step that worked. */
  readonly key: string;
  readonly tls?: HostTls;
  /** Whoever set the host up wrote http on purpose. */
  readonly plaintextAllowed?: true;
}

/** The endpoint of `host[:port]`, whose scheme the trust chain picks. */
export function registryEndpoint(authority: string): Endpoint {
  const url = URL.parse(`https://${authority}`);
  if (url === null || url.pathname !== '/' || url.host === '' || url.username !== '' || url.search !== '') {
    throw new RunnerError('REF_FORMAT', `"${safeText(authority, 200)}" is no registry host`);
  }
  return endpoint('chain', url.hostname, splitAuthority(authority).port, authority);
}

/** The endpoint of an absolute http or https URL. */
export function urlEndpoint(url: URL): Endpoint {
  const scheme = url.protocol === 'http:' ? 'http' : 'https';
  const port = url.port === '' ? (scheme === 'http' ? 80 : 443) : Number(url.port);
  return endpoint(scheme, url.hostname, port, url.host);
}

/** The same endpoint with a host's own trust and client certificates. */
export function withTls(target: Endpoint, tls: HostTls | undefined): Endpoint {
  return tls === undefined ? target : { ...target, tls, key: `${target.key} ${tls.key}` };
}

export function portOf(target: Endpoint, step: ConnectionStep): number {
  return target.port ?? (step === 'plaintext' ? 80 : 443);
}

/** `host:port` for people. */
export function addressOf(target: Endpoint, step: ConnectionStep): string {
  return joinAuthority(target.hostname, portOf(target, step));
}

/** `host:port` of its TLS: one spelling, whether it was named as a registry or by a URL. */
export function tlsAddress(target: Endpoint): string {
  return addressOf(target, 'system-ca');
}

/** `https://host:443`: always with the port. */
export function originOf(target: Endpoint, step: ConnectionStep): string {
  return `${step === 'plaintext' ? 'http' : 'https'}://${addressOf(target, step)}`;
}

function endpoint(scheme: Endpoint['scheme'], host: string, port: number | undefined, authority: string): Endpoint {
  const hostname = withoutDotsAtEnd(host.replace(/^\[|\]$/g, '')).toLowerCase();
  // A registry's `host` and `host:443` stay apart: only the first may end on port 80.
  return { scheme, hostname, port, authority, key: `${scheme} ${hostname} ${String(port ?? '')}` };
}

/** One dot only says that the name is a whole one. With more there is no such host, but somebody may take one dot off and look again. */
function withoutDotsAtEnd(host: string): string {
  let end = host.length;
  while (host[end - 1] === '.') end -= 1;
  return host.slice(0, end);
}
