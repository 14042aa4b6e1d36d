import type { Attempt, ConnectionStep } from '../../core/attempt.ts';
import type { Counters } from '../../core/counters.ts';
import { abortError } from '../../core/deadline.ts';
import { RunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { abandonReason } from './attempt-log.ts';
import type { AttemptLog } from './attempt-log.ts';
import { addressOf, tlsAddress } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { classifyError, throughProxy, tlsPortSignal } from './signals.ts';
import type { Signal } from './signals.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { shownAt } from './host-tls.ts';
import type { StepMemory } from './step-memory.ts';
import { trustError } from './trust-error.ts';
import { decide, firstMove } from './trust.ts';
import type { TrustDecision, TrustPolicy } from './trust.ts';
import type { Way, Ways } from '../transport/ways.ts';
import type { WireAnswer } from '../transport/wire.ts';

/** One request to one host, before it is known how the host is reached. */
export interface Call {
  readonly endpoint: Endpoint;
  readonly attempts: AttemptLog;
  readonly signal: AbortSignal;
  /** Sends it one way; throws undici's or Node's error, or a {@link RunnerError} that ends the chain. */
  readonly send: (way: Way) => Promise<WireAnswer | 'wants-tls'>;
}

export type CallResult =
  | { readonly kind: 'answer'; readonly answer: WireAnswer; readonly way: Way }
  /** No step led to an answer; `signal` is what the last one met, undefined when none was allowed. */
  | { readonly kind: 'failure'; readonly signal: Signal | undefined; readonly error: RunnerError };

export interface TrustChainOptions {
  readonly ways: Ways;
  readonly memory: StepMemory;
  readonly privateTls: boolean;
  readonly plaintextFallback: TrustPolicy['plaintextFallback'];
  /** Whether step mounted-ca has any certificate now. */
  readonly hasMountedCa: () => boolean;
  readonly log: Log;
  readonly counters: Counters;
}

interface FailedStep {
  readonly kind: 'failure';
  readonly signal: Signal;
  readonly thrown: unknown;
  readonly proxy: URL | undefined;
}

type StepResult = { readonly kind: 'answer'; readonly answer: WireAnswer; readonly way: Way } | FailedStep;

/** Walks the steps of {@link decide} until a host answers; begins with the step that worked last time. */
export class TrustChain {
  readonly #options: TrustChainOptions;

  constructor(options: TrustChainOptions) {
    this.#options = options;
  }

  /** Throws only what ends everything: the signal's reason, or a refusal of `send`. */
  async call(call: Call): Promise<CallResult> {
    const { memory } = this.#options;
    const known = memory.recall(call.endpoint);
    if (known === undefined) return this.#fromTheTop(call);
    const result = await this.#step(call, known.step);
    if (result.kind === 'answer') return result;
    if (known.step !== 'plaintext' && !isAboutTrust(result.signal)) {
      const policy = await this.#policy(call);
      const decision = decide(policy, { step: known.step, cause: undefined }, result.signal.kind);
      if (decision.kind === 'fail') return this.#failure(call, policy, decision, result);
    }
    memory.forget(call.endpoint);
    return this.#fromTheTop(call);
  }

  async #fromTheTop(call: Call): Promise<CallResult> {
    const policy = await this.#policy(call);
    this.#noteMissingCa(call, policy);
    let last: FailedStep | undefined;
    let decision = firstMove(policy);
    while (decision.kind === 'try') {
      const result = await this.#step(call, decision.next.step);
      if (result.kind === 'answer') {
        this.#adopt(call, result.way);
        return result;
      }
      last = result;
      decision = decide(policy, decision.next, result.signal.kind);
    }
    return this.#failure(call, policy, decision, last);
  }

  async #step(call: Call, step: ConnectionStep): Promise<StepResult> {
    const address = addressOf(call.endpoint, step);
    let proxy: URL | undefined;
    call.attempts.begin({ step, address });
    try {
      const way = await this.#options.ways.find(call.endpoint, step, call.signal);
      ({ proxy } = way.setting);
      const answer = await call.send(way);
      if (answer === 'wants-tls')
        return this.#stepFailed(call, step, { signal: tlsPortSignal, proxy, thrown: undefined });
      call.attempts.add({ step, address, outcome: 'ok', reason: '' });
      return { kind: 'answer', answer, way };
    } catch (thrown) {
      if (call.signal.aborted) throw this.#aborted(call, step, proxy);
      if (thrown instanceof RunnerError) {
        this.#note(call, step, 'failed', thrown.message);
        throw thrown;
      }
      return this.#stepFailed(call, step, { signal: throughProxy(classifyError(thrown), proxy), proxy, thrown });
    }
  }

  #stepFailed(call: Call, step: ConnectionStep, failed: Omit<FailedStep, 'kind'>): FailedStep {
    this.#note(call, step, 'failed', failed.signal.reason);
    return { kind: 'failure', ...failed };
  }

  #adopt({ endpoint, attempts }: Call, { route }: Way): void {
    const { memory, log, counters } = this.#options;
    memory.remember(endpoint, route);
    counters.add('trust_steps', { step: route.step, outcome: 'ok' });
    const values = { registry: endpoint.authority, step: route.step, attempts: attempts.list };
    if (route.step === 'plaintext') log.warn('spoken to without TLS: its answers are not authenticated', values);
    else if (route.step === 'insecure-tls') log.warn('its certificate was not verified', values);
    else log.debug('reached over verified TLS', values);
  }

  #failure(
    call: Call,
    policy: TrustPolicy,
    { code, plaintextSkipped }: TrustDecision & { kind: 'fail' },
    last: FailedStep | undefined,
  ): CallResult {
    if (plaintextSkipped !== undefined) this.#note(call, 'plaintext', 'skipped', plaintextSkipped);
    const { endpoint, attempts } = call;
    const { authority } = endpoint;
    const addresses = [tlsAddress(endpoint), addressOf(endpoint, 'plaintext')];
    const own = attempts.list.filter(({ address }) => addresses.includes(address));
    const signal = last?.signal;
    const error = trustError({
      code,
      authority,
      policy,
      attempts: own,
      signal: signal?.kind,
      proxy: last?.proxy?.origin,
      shownCertificate: shownTo(endpoint, own)?.certificate,
      cause: last?.thrown,
    });
    this.#options.log.debug('no step of the chain led to an answer', { registry: authority, code, attempts: own });
    return { kind: 'failure', signal, error };
  }

  async #policy({ endpoint, signal }: Call): Promise<TrustPolicy> {
    const { ways, memory, privateTls, plaintextFallback, hasMountedCa } = this.#options;
    return {
      scheme: endpoint.scheme,
      privateTls,
      mountedCa: hasMountedCa() || (endpoint.tls?.ca ?? []).length > 0,
      plaintextFallback,
      listed: await ways.listed(endpoint, signal),
      explicitPort: endpoint.port !== undefined,
      verifiedBefore: memory.wasVerified(endpoint),
    };
  }

  #noteMissingCa(call: Call, policy: TrustPolicy): void {
    if (!policy.privateTls || policy.mountedCa || policy.scheme === 'http') return;
    this.#note(call, 'mounted-ca', 'skipped', 'no CA is mounted at --tls-secret-path');
  }

  #aborted(call: Call, step: ConnectionStep, proxy: URL | undefined): RunnerError {
    const error = abortError(call.signal);
    const by = proxy === undefined ? '' : ` through the proxy ${proxy.origin}`;
    this.#note(call, step, 'failed', `${abandonReason(error)}${by}`);
    return error;
  }

  #note(call: Call, step: ConnectionStep, outcome: Exclude<Attempt['outcome'], 'ok'>, reason: string): void {
    call.attempts.add({ step, address: addressOf(call.endpoint, step), outcome, reason });
    this.#options.counters.add('trust_steps', { step, outcome });
  }
}

/** Our certificate as the last step showed it to whoever asked. */
function shownTo({ tls }: Endpoint, attempts: readonly Attempt[]): ClientCertificate | undefined {
  const tried = attempts.findLast(({ outcome }) => outcome === 'failed');
  return tried && shownAt(tls, tried.step)[0];
}

/** Signals after which the remembered step is in doubt, not only the network. */
function isAboutTrust({ kind }: Signal): boolean {
  return ['issuer', 'validity', 'name', 'certificate', 'tls', 'client-certificate', 'not-tls', 'refused'].includes(
    kind,
  );
}
