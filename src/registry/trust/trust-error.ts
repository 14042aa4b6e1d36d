import type { Attempt } from '../../core/attempt.ts';
import { X509Certificate } from 'node:crypto';
import { RunnerError } from '../../core/errors.ts';
import { safeText } from '../../core/safe-text.ts';
import type { SignalKind } from './signals.ts';
import type { TrustErrorCode, TrustPolicy } from './trust.ts';

export interface TrustFailure {
  readonly code: TrustErrorCode;
  /** `host[:port]` as named. */
  readonly authority: string;
  readonly policy: TrustPolicy;
  /** Of this host, in order. */
  readonly attempts: readonly Attempt[];
  /** What the last attempt met, if there was one. */
  readonly signal: SignalKind | undefined;
  /** `scheme://host:port` of the proxy that the last attempt went through. */
  readonly proxy: string | undefined;
  /** PEM: what the last attempt would have shown to a server that asked for a client certificate. */
  readonly shownCertificate: string | undefined;
  readonly cause: unknown;
}

/** The error at the end of the chain: every attempt with step, address and reason, and what would help. */
export function trustError(failure: TrustFailure): RunnerError {
  const { code, authority, policy, attempts, cause } = failure;
  const tried = attempts
    .filter(({ outcome }) => outcome !== 'ok')
    .map(({ step, address, outcome, reason }) => {
      return `${step} ${address}${outcome === 'skipped' ? ' skipped' : ''}: ${reason}`;
    });
  const hint = clientHint(failure) ?? hintFor(failure);
  const what = clientHeadline(failure) ?? headline(code, authority, policy);
  return new RunnerError(code, `${what}: ${tried.join('; ')}`, {
    registry: authority,
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Of a server that is not content with the client certificate that it got, or that it did not get. */
function clientHeadline({ authority, signal, shownCertificate }: TrustFailure): string | undefined {
  if (signal !== 'client-certificate' && signal !== 'unproven') return undefined;
  if (shownCertificate === undefined) return `${authority} asked for a client certificate, and none was shown`;
  const { subject, validTo } = new X509Certificate(shownCertificate);
  const name = safeText(subject.replaceAll('\n', ', '), 200);
  return `${authority} does not accept the client certificate ${name}, which is valid until ${validTo}`;
}

function clientHint({ authority, signal, shownCertificate }: TrustFailure): string | undefined {
  if (signal !== 'client-certificate' && signal !== 'unproven') return undefined;
  return shownCertificate === undefined
    ? clientCertificateHint(authority)
    : `Mount a certificate for clients that ${authority} trusts, or have ${authority} trust the authority that signed this one.`;
}

/** For whoever has none to show yet. */
export function clientCertificateHint(authority: string): string {
  return `Mount tls.crt and tls.key beside ca.crt at --tls-secret-path and set --registry-client-certificate, or give ${authority} a client certificate in --registry-hosts-dir.`;
}

function headline(code: TrustErrorCode, authority: string, { scheme }: TrustPolicy): string {
  switch (code) {
    case 'TLS_UNTRUSTED':
      return `the certificate of ${authority} is not trusted`;
    case 'TLS_NAME':
      return `the certificate of ${authority} does not name it`;
    case 'TLS_PROTOCOL':
      return `TLS with ${authority} failed`;
    case 'PLAINTEXT_REFUSED':
      return scheme === 'http'
        ? `${authority} is named by an http URL, and plaintext is not allowed for it`
        : `${authority} does not speak TLS, and plaintext is not allowed for it`;
    case 'ADDRESS_REFUSED':
      return `${authority} must not be dialled`;
    case 'NOT_A_REGISTRY':
      return `${authority} does not answer in HTTP`;
    case 'UNREACHABLE':
      return `${authority} cannot be reached`;
  }
}

function hintFor({ code, authority, policy, signal, proxy }: TrustFailure): string | undefined {
  switch (code) {
    case 'TLS_UNTRUSTED':
      return `${signal === 'validity' ? howToRenew(authority) : howToTrust(policy)}, or list ${authority} in --insecure-registries.`;
    case 'TLS_NAME':
      return `Use a name that the certificate of ${authority} holds, give it one with this name, or list ${authority} in --insecure-registries.`;
    case 'TLS_PROTOCOL':
      return `Have the certificate or the TLS settings of ${authority} repaired; the runner speaks TLS 1.2 and 1.3, and shows a client certificate only where it was given one.`;
    case 'PLAINTEXT_REFUSED':
      return `Give ${authority} TLS, or ${howToAllowPlaintext(policy, authority)}.`;
    case 'ADDRESS_REFUSED':
      return `Check the name ${authority} and what it resolves to.`;
    case 'NOT_A_REGISTRY':
      return `Check host and port of ${authority}.`;
    case 'UNREACHABLE':
      return proxy === undefined
        ? `Check host and port of ${authority}, and that it can be reached from here.`
        : howToPassProxy(authority, proxy, signal === 'proxy');
  }
}

function howToPassProxy(authority: string, proxy: string, isToBlame: boolean): string {
  const check = `Check the proxy ${proxy} in HTTP_PROXY or HTTPS_PROXY, or name the host in NO_PROXY`;
  return isToBlame ? `${check}.` : `${check}; else check that ${authority} can be reached from that proxy.`;
}

/** No bundle helps against a date. */
function howToRenew(authority: string): string {
  return `Renew the certificate of ${authority} or of its authority, whichever is out of date, and check the clock here`;
}

function howToTrust({ privateTls, mountedCa }: TrustPolicy): string {
  if (!privateTls)
    return 'Set --enable-private-registries-tls and mount the CA that signed the certificate at --tls-secret-path';
  return mountedCa
    ? 'Add the CA that signed the certificate to the bundle at --tls-secret-path'
    : 'Mount the CA that signed the certificate at --tls-secret-path';
}

function howToAllowPlaintext({ plaintextFallback, privateTls }: TrustPolicy, authority: string): string {
  const listing = `list ${authority} in --insecure-registries`;
  return privateTls && plaintextFallback === 'never' ? `${listing}, or set --plaintext-fallback=auto` : listing;
}
