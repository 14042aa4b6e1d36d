import { expect } from 'chai';
import type { ConnectionStep } from '../../src/core/attempt.ts';
import type { SignalKind } from '../../src/registry/trust/signals.ts';
import { decide, firstMove } from '../../src/registry/trust/trust.ts';
import type { TrustDecision, TrustErrorCode, TrustPolicy } from '../../src/registry/trust/trust.ts';

const base: TrustPolicy = {
  scheme: 'chain',
  privateTls: true,
  mountedCa: true,
  plaintextFallback: 'auto',
  listed: { tls: false, plaintext: false },
  explicitPort: true,
  verifiedBefore: false,
};
const listed = { listed: { tls: true, plaintext: true } };

interface Row {
  readonly title: string;
  readonly policy?: Partial<TrustPolicy>;
  readonly at: ConnectionStep;
  readonly cause?: TrustErrorCode;
  readonly signals: readonly SignalKind[];
  readonly leadsTo: ConnectionStep | TrustErrorCode;
}

/** Registry-behaviour 5.3, row by row. */
const rows: readonly Row[] = [
  { title: 'TC1: an unknown issuer', at: 'mounted-ca', signals: ['issuer'], leadsTo: 'system-ca' },
  { title: 'TC2: a certificate out of its time', at: 'mounted-ca', signals: ['validity'], leadsTo: 'system-ca' },
  { title: 'TC2: a certificate out of its time', at: 'system-ca', signals: ['validity'], leadsTo: 'TLS_UNTRUSTED' },
  { title: 'TC3: a wrong name', at: 'mounted-ca', signals: ['name'], leadsTo: 'TLS_NAME' },
  { title: 'TC3: a wrong name', at: 'system-ca', signals: ['name'], leadsTo: 'TLS_NAME' },
  {
    title: 'TC4: a network error',
    at: 'mounted-ca',
    signals: ['refused', 'timeout', 'unresolved', 'reset', 'closed', 'silent', 'network', 'proxy'],
    leadsTo: 'UNREACHABLE',
  },
  { title: 'TC6: a bad certificate', at: 'system-ca', signals: ['issuer'], leadsTo: 'TLS_UNTRUSTED' },
  {
    title: 'TC6: a bad certificate',
    policy: { plaintextFallback: 'always' },
    at: 'system-ca',
    signals: ['issuer', 'validity', 'name', 'certificate'],
    leadsTo: 'plaintext',
  },
  { title: 'TC7: no TLS', at: 'mounted-ca', signals: ['not-tls'], leadsTo: 'plaintext' },
  { title: 'TC7: no TLS', at: 'system-ca', signals: ['not-tls'], leadsTo: 'plaintext' },
  {
    title: 'TC7: no TLS',
    policy: { plaintextFallback: 'never' },
    at: 'mounted-ca',
    signals: ['not-tls'],
    leadsTo: 'PLAINTEXT_REFUSED',
  },
  { title: 'TC8: a TLS alert', at: 'mounted-ca', signals: ['tls'], leadsTo: 'TLS_PROTOCOL' },
  { title: 'TC8: a TLS alert', at: 'system-ca', signals: ['tls'], leadsTo: 'TLS_PROTOCOL' },
  {
    title: 'TC9: a closed port that the reference does not name',
    policy: { explicitPort: false },
    at: 'mounted-ca',
    signals: ['refused'],
    leadsTo: 'plaintext',
  },
  {
    title: 'TC9: a closed port that the reference does not name',
    policy: { explicitPort: false, plaintextFallback: 'never' },
    at: 'system-ca',
    signals: ['refused'],
    leadsTo: 'UNREACHABLE',
  },
  { title: 'TC10: a closed port of the reference', at: 'system-ca', signals: ['refused'], leadsTo: 'UNREACHABLE' },
  {
    title: 'TC11: a slow or cut handshake',
    policy: { explicitPort: false, plaintextFallback: 'always' },
    at: 'system-ca',
    signals: ['timeout', 'reset'],
    leadsTo: 'UNREACHABLE',
  },
  {
    title: 'TC12: no TLS, of a host that spoke it before,',
    policy: { verifiedBefore: true },
    at: 'system-ca',
    signals: ['not-tls'],
    leadsTo: 'PLAINTEXT_REFUSED',
  },
  {
    title: 'TC12: no TLS, of a listed host that spoke it before,',
    policy: { verifiedBefore: true, ...listed },
    at: 'system-ca',
    signals: ['not-tls'],
    leadsTo: 'plaintext',
  },
  {
    title: 'TC20: no TLS, of a host named by an https URL,',
    policy: { scheme: 'https', plaintextFallback: 'always', ...listed },
    at: 'system-ca',
    signals: ['not-tls'],
    leadsTo: 'PLAINTEXT_REFUSED',
  },
  { title: 'TC21: any other certificate fault', at: 'mounted-ca', signals: ['certificate'], leadsTo: 'TLS_PROTOCOL' },
  { title: 'TC21: any other certificate fault', at: 'system-ca', signals: ['certificate'], leadsTo: 'TLS_PROTOCOL' },
  {
    title: 'TC22: an unknown issuer, listed,',
    policy: listed,
    at: 'mounted-ca',
    signals: ['issuer'],
    leadsTo: 'system-ca',
  },
  {
    title: 'TC22: a bad certificate, listed,',
    policy: { ...listed, plaintextFallback: 'never' },
    at: 'system-ca',
    signals: ['issuer', 'validity', 'name', 'certificate'],
    leadsTo: 'insecure-tls',
  },
  {
    title: 'TC22: TLS that cannot be agreed on, listed,',
    policy: { ...listed, plaintextFallback: 'never' },
    at: 'system-ca',
    signals: ['tls'],
    leadsTo: 'insecure-tls',
  },
  {
    title: 'TC22: TLS that cannot be agreed on even unverified, listed,',
    policy: { ...listed, plaintextFallback: 'never' },
    at: 'insecure-tls',
    cause: 'TLS_PROTOCOL',
    signals: ['tls', 'certificate'],
    leadsTo: 'plaintext',
  },
  {
    title: 'TC23: TLS that cannot be agreed on, listed by the port of TLS alone,',
    policy: { listed: { tls: true, plaintext: false } },
    at: 'insecure-tls',
    cause: 'TLS_PROTOCOL',
    signals: ['tls'],
    leadsTo: 'TLS_PROTOCOL',
  },
  {
    title: 'TC22: no TLS, listed,',
    policy: { ...listed, plaintextFallback: 'never', privateTls: false },
    at: 'insecure-tls',
    signals: ['not-tls'],
    leadsTo: 'plaintext',
  },
  {
    title: 'TC23: a bad certificate, listed by the port of plaintext alone,',
    policy: { listed: { tls: false, plaintext: true } },
    at: 'system-ca',
    signals: ['issuer'],
    leadsTo: 'TLS_UNTRUSTED',
  },
  {
    title: 'TC23: no TLS, listed by the port of TLS alone,',
    policy: { listed: { tls: true, plaintext: false }, plaintextFallback: 'never' },
    at: 'system-ca',
    signals: ['not-tls'],
    leadsTo: 'PLAINTEXT_REFUSED',
  },
  {
    title: 'TC24: a port that wants TLS after a bad certificate',
    policy: { plaintextFallback: 'always' },
    at: 'plaintext',
    cause: 'TLS_UNTRUSTED',
    signals: ['tls-port', 'closed', 'not-http'],
    leadsTo: 'TLS_UNTRUSTED',
  },
  {
    title: 'without private TLS, no TLS of a host that is not listed,',
    policy: { privateTls: false, mountedCa: false, plaintextFallback: 'always' },
    at: 'system-ca',
    signals: ['not-tls'],
    leadsTo: 'PLAINTEXT_REFUSED',
  },
  { title: 'no HTTP at all', at: 'plaintext', signals: ['not-http'], leadsTo: 'NOT_A_REGISTRY' },
  { title: 'a forbidden address', at: 'mounted-ca', signals: ['address'], leadsTo: 'ADDRESS_REFUSED' },
];

describe('the trust decision', () => {
  for (const { title, policy, at, cause, signals, leadsTo } of rows) {
    for (const signal of signals) {
      const options = Object.entries(policy ?? {}).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
      it(`${title} at ${at} leads to ${leadsTo} (${[signal, ...options].join(', ')})`, () => {
        const decision = decide({ ...base, ...policy }, { step: at, cause }, signal);
        expect(moveOf(decision)).to.equal(leadsTo);
      });
    }
  }

  it('begins with the mounted CA, with the system where none is mounted, and with plaintext for an http URL', () => {
    expect(moveOf(firstMove(base))).to.equal('mounted-ca');
    expect(moveOf(firstMove({ ...base, mountedCa: false }))).to.equal('system-ca');
    expect(moveOf(firstMove({ ...base, scheme: 'http' }))).to.equal('plaintext');
  });

  it('does not begin with plaintext, though a URL says http, where it is not allowed', () => {
    const url: TrustPolicy = { ...base, scheme: 'http', plaintextFallback: 'never' };
    expect(moveOf(firstMove(url))).to.equal('PLAINTEXT_REFUSED');
    expect(moveOf(firstMove({ ...url, plaintextFallback: 'always', privateTls: false }))).to.equal('PLAINTEXT_REFUSED');
    expect(moveOf(firstMove({ ...url, plaintextFallback: 'always', verifiedBefore: true }))).to.equal(
      'PLAINTEXT_REFUSED',
    );
    expect(moveOf(firstMove({ ...url, ...listed }))).to.equal('plaintext');
  });

  it('says why plaintext was not tried wherever that is a question', () => {
    expect(plaintextRefusal({}, 'issuer')).to.contain('--plaintext-fallback=always');
    expect(plaintextRefusal({}, 'issuer')).to.contain('bad certificate');
    expect(plaintextRefusal({}, 'tls')).to.contain('not with us').and.to.not.contain('certificate');
    expect(plaintextRefusal({ plaintextFallback: 'never' }, 'not-tls')).to.contain('--plaintext-fallback=never');
    expect(plaintextRefusal({ verifiedBefore: true }, 'not-tls')).to.contain('--insecure-registries');
    expect(plaintextRefusal({ privateTls: false }, 'not-tls')).to.contain('--enable-private-registries-tls');
    expect(plaintextRefusal({ scheme: 'https' }, 'not-tls')).to.contain('https');
    expect(plaintextRefusal({}, 'timeout')).to.equal(undefined);
  });

  it('keeps the fault of the certificate as the error when plaintext fails as well', () => {
    const decision = decide({ ...base, plaintextFallback: 'always' }, { step: 'system-ca', cause: undefined }, 'name');
    expect(decision).to.deep.equal({ kind: 'try', next: { step: 'plaintext', cause: 'TLS_NAME' } });
  });
});

function moveOf(decision: TrustDecision): ConnectionStep | TrustErrorCode {
  return decision.kind === 'try' ? decision.next.step : decision.code;
}

function plaintextRefusal(policy: Partial<TrustPolicy>, signal: SignalKind): string | undefined {
  const decision = decide({ ...base, ...policy }, { step: 'system-ca', cause: undefined }, signal);
  return decision.kind === 'fail' ? decision.plaintextSkipped : 'tried';
}
