import type { ConnectionStep } from '../../core/attempt.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { SignalKind } from './signals.ts';

/** What is known of a host before it is dialled. */
export interface TrustPolicy {
  /** `chain`: the steps pick the scheme. `https`: a URL that says so, never plaintext. `http`: a URL that says so, nothing else. */
  readonly scheme: 'chain' | 'https' | 'http';
  /** `--enable-private-registries-tls`. */
  readonly privateTls: boolean;
  /** There is a mounted CA, which needs `privateTls`, or the node has one for this host. */
  readonly mountedCa: boolean;
  readonly plaintextFallback: 'auto' | 'always' | 'never';
  /** Named in `--insecure-registries`, by the port that TLS and plaintext would each use. */
  readonly listed: { readonly tls: boolean; readonly plaintext: boolean };
  /** The reference names a port. */
  readonly explicitPort: boolean;
  /** The host was reached over verified TLS by this process before. */
  readonly verifiedBefore: boolean;
}

/** How the chain can end without an answer. */
export type TrustErrorCode = Extract<
  ErrorCode,
  | 'TLS_UNTRUSTED'
  | 'TLS_NAME'
  | 'TLS_PROTOCOL'
  | 'PLAINTEXT_REFUSED'
  | 'UNREACHABLE'
  | 'ADDRESS_REFUSED'
  | 'NOT_A_REGISTRY'
>;

/** A step of the chain that has just failed, and the error that stands if no later one works. */
export interface TrustState {
  readonly step: ConnectionStep;
  readonly cause: TrustErrorCode | undefined;
}

export type TrustDecision =
  | { readonly kind: 'try'; readonly next: TrustState }
  | {
      readonly kind: 'fail';
      readonly code: TrustErrorCode;
      /** Why plaintext was not tried, where that is a question. */
      readonly plaintextSkipped: string | undefined;
    };

/** The step to begin with. A URL that says http leads to plaintext, or nowhere: what is refused to names is refused to URLs. */
export function firstMove(policy: TrustPolicy): TrustDecision {
  if (policy.scheme === 'http') return toPlaintext(plaintextRefusal(policy), undefined, 'PLAINTEXT_REFUSED');
  return attempt(policy.mountedCa ? 'mounted-ca' : 'system-ca', undefined);
}

/**
 * The next move after `state.step` failed with `signal` (registry-behaviour 5.3). Only two kinds of signal ever lead to
 * plaintext by themselves: the server speaks no TLS (TC7), and nothing listens on 443 for a name without port (TC9).
 */
export function decide(policy: TrustPolicy, state: TrustState, signal: SignalKind): TrustDecision {
  if (signal === 'address') return fail('ADDRESS_REFUSED');
  if (signal === 'not-http' && state.cause === undefined) return fail('NOT_A_REGISTRY');
  if (state.step === 'plaintext') return fail(state.cause ?? 'UNREACHABLE');
  switch (signal) {
    case 'issuer':
    case 'validity':
      // TC1, TC2: another set of roots may know the issuer, or a newer twin of an expired root.
      if (state.step === 'mounted-ca') return attempt('system-ca', 'TLS_UNTRUSTED');
      return afterBadCertificate(policy, state.step, 'TLS_UNTRUSTED');
    case 'name':
      return afterBadCertificate(policy, state.step, 'TLS_NAME');
    case 'certificate':
      return afterBadCertificate(policy, state.step, 'TLS_PROTOCOL');
    case 'tls':
    case 'client-certificate':
      return afterTlsFault(policy, state.step, 'TLS_PROTOCOL', otherTls);
    case 'not-tls':
      return toPlaintext(plaintextRefusal(policy), undefined, 'PLAINTEXT_REFUSED');
    case 'refused':
      if (policy.explicitPort) return fail('UNREACHABLE');
      return toPlaintext(plaintextRefusal(policy), undefined, 'UNREACHABLE');
    case 'timeout':
    case 'reset':
    case 'closed':
    case 'unproven':
    case 'silent':
    case 'unresolved':
    case 'network':
    case 'proxy':
    case 'not-http':
    case 'tls-port':
      return fail('UNREACHABLE');
  }
}

const badCertificate =
  'the server speaks TLS and whoever answers with a bad certificate may be an attacker; only --plaintext-fallback=always goes on';
const otherTls =
  'the server speaks TLS but not with us, and whoever sits on the way may have seen to that; only --plaintext-fallback=always goes on';

function afterBadCertificate(policy: TrustPolicy, step: ConnectionStep, code: TrustErrorCode): TrustDecision {
  return afterTlsFault(policy, step, code, badCertificate);
}

/**
 * TC22: whoever listed the host takes its TLS as it is, and after that plaintext; for any other host a fault of its TLS
 * ends the chain (TC3, TC6, TC8, TC21). `why` not to go on to plaintext unasked.
 */
function afterTlsFault(policy: TrustPolicy, step: ConnectionStep, code: TrustErrorCode, why: string): TrustDecision {
  if (policy.listed.tls && step !== 'insecure-tls') return attempt('insecure-tls', code);
  const isAsked = policy.plaintextFallback === 'always' || (step === 'insecure-tls' && policy.listed.plaintext);
  return toPlaintext(plaintextRefusal(policy) ?? (isAsked ? undefined : why), code, code);
}

function toPlaintext(
  refusal: string | undefined,
  cause: TrustErrorCode | undefined,
  code: TrustErrorCode,
): TrustDecision {
  return refusal === undefined ? attempt('plaintext', cause) : { kind: 'fail', code, plaintextSkipped: refusal };
}

/** Why plaintext is out of the question for this host, whatever the signal (TC12, TC20). */
function plaintextRefusal(policy: TrustPolicy): string | undefined {
  if (policy.scheme === 'https') return 'a URL that says https is never fetched in plaintext';
  if (policy.listed.plaintext) return undefined;
  if (!policy.privateTls) return 'without --enable-private-registries-tls it is for hosts in --insecure-registries';
  if (policy.plaintextFallback === 'never')
    return '--plaintext-fallback=never and the host is not in --insecure-registries';
  if (policy.verifiedBefore) return 'the host was reached over verified TLS before and is not in --insecure-registries';
  return undefined;
}

function attempt(step: ConnectionStep, cause: TrustErrorCode | undefined): TrustDecision {
  return { kind: 'try', next: { step, cause } };
}

function fail(code: TrustErrorCode): TrustDecision {
  return { kind: 'fail', code, plaintextSkipped: undefined };
}
