import type { Mutant } from '../../support/mutant-tree.ts';

const trust = 'src/registry/trust/trust.ts';
const chain = 'src/registry/trust/trust-chain.ts';
const signals = 'test/registry/transport/chain-signals.test.ts';
const retries = 'test/registry/transport/retries.test.ts';
const limits = 'test/registry/transport/limits.test.ts';

/** A step that says so is followed by the next one. */
const failedStep = `{ signal: { kind: 'issuer', reason: 'failed', retry: 'no', mayHaveArrived: true }, proxy, thrown: undefined }`;

/** The chain moves on when a registry answers so. */
function movesOnAt(status: number): Pick<Mutant, 'fault' | 'file' | 'find' | 'replace'> {
  const find = `call.attempts.add({ step, address, outcome: 'ok', reason: '' });`;
  return {
    fault: `moves along the TLS chain at ${String(status)} (8)`,
    file: chain,
    find,
    replace: `if (answer.status === ${String(status)}) return this.#stepFailed(call, step, ${failedStep});\n      ${find}`,
  };
}

/** 8: the TLS chain, proxies, time limits, connections. */
export const registries: readonly Mutant[] = [
  { ...movesOnAt(401), test: signals, title: '[TC5] takes 401 for the answer' },
  { ...movesOnAt(404), test: signals, title: '[TC5] takes 404 for the answer' },
  { ...movesOnAt(429), test: retries, title: '[RT8] fails at once with the time to wait' },
  {
    fault: 'moves along the TLS chain when the call is cancelled (8)',
    file: chain,
    find: 'if (call.signal.aborted) throw this.#aborted(call, step, proxy);',
    replace: `if (call.signal.aborted) return this.#stepFailed(call, step, ${failedStep});`,
    test: 'test/registry/transport/chain-limits.test.ts',
    title: 'tries no other step when time is up',
  },
  {
    fault: 'moves along the TLS chain at a network error (8)',
    file: trust,
    find: `if (signal === 'address') return fail('ADDRESS_REFUSED');`,
    replace: `if (state.step === 'mounted-ca') return attempt('system-ca', 'TLS_UNTRUSTED');`,
    test: signals,
    title: '[TC4] does not try other authorities upon a network error',
  },
  {
    fault: 'fails where no CA is mounted (8)',
    file: trust,
    find: `return attempt(policy.mountedCa ? 'mounted-ca' : 'system-ca', undefined);`,
    replace: `return policy.mountedCa ? attempt('mounted-ca', undefined) : fail('TLS_UNTRUSTED');`,
    test: 'test/registry/transport/chain-certificates.test.ts',
    title: '[TC16] begins with the system authorities where no CA is mounted',
  },
  {
    fault: 'ignores proxies (8)',
    file: 'src/registry/transport/proxy.ts',
    find: `const proxy = scheme === 'http' ? this.#http : this.#https;`,
    replace: 'const proxy = undefined;',
    test: 'test/registry/transport/proxy.test.ts',
    title: '[PX12] reaches a registry by CONNECT under the mounted CA',
  },
  {
    fault: 'waits for the answer of a registry for ever (8)',
    file: 'src/registry/transport/wire.ts',
    find: 'headersTimeout: timeouts.headersMs,\n    bodyTimeout: timeouts.bodyIdleMs,',
    replace: 'headersTimeout: 0,\n    bodyTimeout: 0,',
    test: limits,
    title: '[TO7] bounds the wait for headers and for a body',
  },
  {
    fault: 'resolves an image for as long as it takes (8)',
    file: 'src/resolver/resolver.ts',
    find: 'withTimeout(signal, this.#options.resolveTimeoutMs,',
    replace: 'withTimeout(signal, this.#options.resolveTimeoutMs + 60_000,',
    test: limits,
    title: '[TO7] bounds a whole resolution by --resolve-timeout',
  },
  {
    fault: 'waits for a connection for ever (8)',
    file: 'src/registry/transport/agents.ts',
    find: 'timeoutMs: timeouts.connectMs,',
    replace: 'timeoutMs: 3_600_000,',
    test: limits,
    title: '[TO7] bounds the wait for a connection',
  },
  {
    fault: 'opens new connections for every image (8)',
    file: 'src/registry/transport/agents.ts',
    find: 'if (known !== undefined) return known.agent;',
    replace: '',
    test: limits,
    title: 'asks for another image over the same connection',
  },
];
