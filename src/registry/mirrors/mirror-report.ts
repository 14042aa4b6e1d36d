import type { Attempt, ConnectionStep } from '../../core/attempt.ts';
import type { Counters } from '../../core/counters.ts';
import type { ErrorCode, RunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Reference } from '../../image/reference.ts';
import { addressOf } from '../endpoint.ts';
import type { HostSession } from '../host-session.ts';
import type { AttemptLog } from '../trust/attempt-log.ts';
import type { MirrorHealth } from './mirror-health.ts';

export interface MirrorReportOptions {
  readonly reference: Reference;
  readonly attempts: AttemptLog;
  readonly health: MirrorHealth;
  readonly log: Log;
  readonly counters: Counters;
}

/** Answers by which a mirror says that it has not got this image, or not for us: no reason to avoid it for others. */
const plainAnswers: ReadonlySet<ErrorCode> = new Set([
  'MAN_NOT_FOUND',
  'REPO_NOT_FOUND',
  'BLOB_UNKNOWN',
  'AUTH_DENIED',
  'AUTH_REFUSED',
  'AUTH_FORBIDDEN',
]);
/** What a mirror sent is not what its digest says, or what it said itself. */
const lies: ReadonlySet<ErrorCode> = new Set(['MAN_DIGEST', 'MAN_SIZE', 'MAN_TYPE']);

/** Tells log, counters and attempts why a mirror was of no use, and has it avoided where it will be of none to others. */
export class MirrorReport {
  readonly #options: MirrorReportOptions;

  constructor(options: MirrorReportOptions) {
    this.#options = options;
  }

  failed(session: Pick<HostSession, 'host' | 'connection'>, error: RunnerError): void {
    const { attempts, health, log, counters } = this.#options;
    for (const attempt of error.details.attempts ?? []) attempts.add(attempt);
    // Whoever was never reached has its attempts from the trust chain already.
    if (this.#reachedBy(session) !== undefined) this.#note(session, error.message);
    counters.add('mirror_fallbacks', { reason: error.code });
    const values = { ...this.#values(session), code: error.code, reason: error.message };
    if (plainAnswers.has(error.code)) {
      log.debug('mirror has no answer, asking the next host', values);
      return;
    }
    health.blame(session.host);
    if (lies.has(error.code)) log.warn('mirror sent something else than what was asked for', values);
    else log.warn('mirror failed, asking the next host', values);
  }

  overtaken(session: Pick<HostSession, 'host' | 'connection'>): void {
    const { health, log, counters } = this.#options;
    health.blame(session.host);
    this.#note(session, 'no answer in time, another host was faster');
    counters.add('mirror_fallbacks', { reason: 'slow' });
    log.warn('mirror is slow, another host has answered', this.#values(session));
  }

  #reachedBy({ host, connection }: Pick<HostSession, 'host' | 'connection'>): ConnectionStep | undefined {
    const isHost = ({ step, address }: Attempt): boolean => address === addressOf(host.endpoint, step);
    const reached = this.#options.attempts.list.find((attempt) => attempt.outcome === 'ok' && isHost(attempt));
    return connection ?? reached?.step;
  }

  #note(session: Pick<HostSession, 'host' | 'connection'>, reason: string): void {
    const { endpoint } = session.host;
    const step = this.#reachedBy(session) ?? (endpoint.scheme === 'http' ? 'plaintext' : 'system-ca');
    this.#options.attempts.add({ step, address: addressOf(endpoint, step), outcome: 'failed', reason });
  }

  #values({ host }: Pick<HostSession, 'host'>): Readonly<Record<string, unknown>> {
    const { canonical, domain } = this.#options.reference;
    return { image: canonical, registry: domain, mirror: host.endpoint.authority };
  }
}
