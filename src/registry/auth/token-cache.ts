import type { Attempt } from '../../core/attempt.ts';
import type { Clock } from '../../core/clock.ts';
import { abortError } from '../../core/deadline.ts';
import type { Secret } from '../../core/secret.ts';
import { SingleFlight } from '../../core/single-flight.ts';
import { abandonReason, AttemptLog } from '../trust/attempt-log.ts';
import type { IssuedToken } from './token-response.ts';

interface CachedToken {
  readonly token: Secret;
  readonly renewAtMs: number;
}

/** A new token and what was tried to reach its issuer. */
export interface TokenDelivery extends IssuedToken {
  readonly attempts: readonly Attempt[];
}

export interface ObtainedToken {
  readonly token: Secret;
  /** Issued just now: if it is refused, another one would be too. */
  readonly isNew: boolean;
  /** Empty for a token out of the cache. */
  readonly attempts: readonly Attempt[];
}

const maxTokens = 1000;
/** A token that ends on its way to the registry costs a 401 and another round; a fifth of its life is ample margin. */
const usableShare = 0.8;

/** Tokens by what they were issued for. Who asks for the same one at the same time shares one request. */
export class TokenCache {
  readonly #clock: Clock;
  readonly #tokens = new Map<string, CachedToken>();
  readonly #flights = new SingleFlight<TokenDelivery>();
  /** What each flight has tried so far, for those who cannot wait for its end. */
  readonly #tries = new Map<string, AttemptLog>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The token, unless it is about to end. */
  peek(key: string): Secret | undefined {
    const cached = this.#tokens.get(key);
    return cached !== undefined && this.#clock.now() < cached.renewAtMs ? cached.token : undefined;
  }

  /**
   * The cached token, or a new one by `issue`. `refused` is a token that the registry no longer takes: it is forgotten,
   * but one that another caller has had issued since is used. An abort's reason has the attempts so far in its details.
   */
  async obtain(
    key: string,
    options: { readonly signal: AbortSignal; readonly refused: Secret | undefined },
    issue: (signal: AbortSignal, attempts: AttemptLog) => Promise<TokenDelivery>,
  ): Promise<ObtainedToken> {
    if (options.refused !== undefined && this.#tokens.get(key)?.token === options.refused) this.#tokens.delete(key);
    const cached = this.peek(key);
    if (cached !== undefined) return { token: cached, isNew: options.refused !== undefined, attempts: [] };
    const flight = this.#flights.run(key, options.signal, async (signal) => this.#issue(key, signal, issue));
    const tries = this.#tries.get(key);
    try {
      const delivery = await flight;
      return { token: delivery.token, isNew: true, attempts: delivery.attempts };
    } catch (thrown) {
      if (!options.signal.aborted) throw thrown;
      const error = abortError(options.signal);
      throw error.with({ attempts: tries?.abandoned(abandonReason(error)) ?? [] });
    }
  }

  async #issue(
    key: string,
    signal: AbortSignal,
    issue: (signal: AbortSignal, attempts: AttemptLog) => Promise<TokenDelivery>,
  ): Promise<TokenDelivery> {
    const tries = new AttemptLog();
    this.#tries.set(key, tries);
    try {
      return this.#keep(key, await issue(signal, tries));
    } finally {
      if (this.#tries.get(key) === tries) this.#tries.delete(key);
    }
  }

  #keep(key: string, issued: TokenDelivery): TokenDelivery {
    this.#tokens.delete(key);
    const renewAtMs = this.#clock.now() + issued.lifeSeconds * 1000 * usableShare;
    this.#tokens.set(key, { token: issued.token, renewAtMs });
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > maxTokens && oldest !== undefined) this.#tokens.delete(oldest);
    return issued;
  }
}
