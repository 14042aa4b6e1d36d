import { withTimeout } from '../../core/abort.ts';
import { RunnerError, toRunnerError } from '../../core/errors.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import { keepSecret, type KeptSecret, type KeptSecretOptions } from './kept-secrets.ts';
import type { SecretContent } from './node-config.ts';
import type { SyncOptions } from './secret-replica.ts';

/** What a secret is to hold. */
export interface SourcedContent {
  readonly content: SecretContent;
  /** Since when, in milliseconds since the epoch: of two contents the later one counts. */
  readonly sinceMs: number;
  /** What is there now is of no use any more: it is tried however lately that was in vain. */
  readonly isUrgent?: boolean;
}

/** How long a call waits for an update that it may not need. */
const updateTimeoutMs = 2000;
export const writeTimeoutMs = 30_000;
const restMs = 1000;
const maxBackOffMs = 60_000;

/** The secrets that this process holds to their contents, and what went wrong with them. */
export class SecretKeeper {
  /** By name. */
  readonly kept = new Map<string, KeptSecret>();
  readonly #options: KeptSecretOptions;
  #isClosed = false;

  constructor(options: KeptSecretOptions) {
    this.#options = options;
  }

  /** The secret of that name; it counts as used now. */
  keep(name: string, keys?: readonly string[]): KeptSecret {
    if (this.#isClosed) throw new RunnerError('SHUTTING_DOWN', 'the runner is shutting down');
    const known = this.kept.get(name);
    if (known !== undefined) {
      known.usedAtMs = this.#options.clock.now();
      return known;
    }
    const kept = keepSecret(name, keys, this.#options);
    this.kept.set(name, kept);
    return kept;
  }

  /**
   * As a pod is about to be created that needs the secret. Older credentials are better than none: where they are there,
   * their update may fail without failing the call.
   */
  async ensure(kept: KeptSecret, sourced: SourcedContent | undefined, signal: AbortSignal): Promise<void> {
    const isThere = kept.opened?.isThere === true;
    const mayWait = sourced?.isUrgent !== true && this.isResting(kept);
    if (isThere && (mayWait || isSettled(kept, sourced))) return;
    if (!isThere && this.#options.clock.now() < kept.retryAtMs && isRefusal(kept.error)) throw kept.error;
    using limit = withTimeout(signal, isThere ? updateTimeoutMs : writeTimeoutMs, 'writing the pull secret');
    try {
      await this.sync(kept, sourced, { signal: limit.signal, isNeeded: true });
    } catch (thrown) {
      const error = toRunnerError(thrown);
      if (signal.aborted) throw error;
      this.failed(kept, error);
      if (!isThere || error.code === 'PULL_SECRET') throw error;
    }
  }

  /** @param sourced undefined: gone from the source; pods that were made with it keep what they have */
  async sync(kept: KeptSecret, sourced: SourcedContent | undefined, options: SyncOptions): Promise<void> {
    if (sourced === undefined) return;
    const replica = await unlessAborted(kept.replica(), options.signal);
    const isWritten = await replica.sync(sourced.content, sourced.sinceMs, options);
    if (isWritten) kept.restUntilMs = this.#options.clock.now() + restMs;
    if (kept.error !== undefined) this.#options.log.info('pull secret is well again', { secret: kept.name });
    kept.error = undefined;
    kept.failures = 0;
    kept.retryAtMs = 0;
  }

  failed(kept: KeptSecret, error: RunnerError): void {
    if (this.#isClosed) return;
    const { code, message, details } = error;
    kept.failures += 1;
    // What asks no one is looked at each time; what asked the cluster in vain is not.
    const backOffMs = code === 'PULL_SECRET' ? 0 : Math.min(maxBackOffMs, 500 * 2 ** Math.min(kept.failures, 10));
    kept.retryAtMs = this.#options.clock.now() + backOffMs;
    const isNews = message !== kept.error?.message;
    kept.error = error;
    if (!isNews) return;
    this.#options.log.error('pull secret cannot be replicated', {
      secret: `${this.#options.resource.namespace}/${kept.name}`,
      code,
      error: message,
      hint: details.hint,
    });
  }

  /** It was tried or written a moment ago. */
  isResting({ retryAtMs, restUntilMs }: KeptSecret): boolean {
    return this.#options.clock.now() < Math.max(retryAtMs, restUntilMs);
  }

  close(): void {
    this.#isClosed = true;
    for (const kept of this.kept.values()) kept.close();
    this.kept.clear();
  }
}

function isSettled(kept: KeptSecret, sourced: SourcedContent | undefined): boolean {
  return sourced === undefined || kept.opened?.isSettled(sourced.content, sourced.sinceMs, true) === true;
}

/** The same request would be refused again, unlike one that others were faster with. */
function isRefusal(error: RunnerError | undefined): error is RunnerError {
  return error?.code === 'CLUSTER_DENIED' || (error?.code === 'CLUSTER_REFUSED' && error.details.httpStatus !== 409);
}
