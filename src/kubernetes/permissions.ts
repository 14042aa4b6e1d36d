import { type Clock, systemClock } from '../core/clock.ts';
import { toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { accessReviewBody, accessReviews, isAllowed, type AccessReview } from './access-review.ts';
import type { Api } from './api.ts';

const reviewTimeoutMs = 15_000;
/** A Role that did not allow something may do so by now. */
const deniedForMs = 5 * 60_000;

interface Asked {
  readonly review: Promise<AccessReview | undefined>;
  readonly atMs: number;
}

interface PermissionsOptions {
  readonly api: Pick<Api, 'create'>;
  readonly log: Log;
  readonly clock?: Clock;
}

/**
 * What we may do, asked once for each namespace, and again when something was not allowed five minutes ago. Where the API server cannot or will not tell, everything counts as
 * allowed until a 403 says otherwise.
 */
export class Permissions {
  readonly #api: Pick<Api, 'create'>;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #reviews = new Map<string, Asked>();
  readonly #denied = new Set<string>();

  constructor({ api, log, clock = systemClock }: PermissionsOptions) {
    this.#api = api;
    this.#log = log;
    this.#clock = clock;
  }

  /** @param name for one object; without it, for all of them. Never rejects. */
  async allows(namespace: string, verb: string, group: string, resource: string, name?: string): Promise<boolean> {
    if (this.#denied.has(keyOf(namespace, verb, group, resource))) return false;
    const isIn = (review: AccessReview | undefined): boolean =>
      review === undefined || review.incomplete || isAllowed(review.rules, { verb, group, resource, name });
    if (isIn(await this.#review(namespace, Infinity))) return true;
    return isIn(await this.#review(namespace, deniedForMs));
  }

  /** A 403 said otherwise. */
  denied(namespace: string, verb: string, group: string, resource: string): void {
    const key = keyOf(namespace, verb, group, resource);
    if (this.#denied.has(key)) return;
    this.#denied.add(key);
    this.#log.info('not allowed by the Role, after all', { namespace, verb, group, resource });
  }

  /** One that could not be had is asked for again the next time; where there was one before, that counts on. */
  async #review(namespace: string, maxAgeMs: number): Promise<AccessReview | undefined> {
    const nowMs = this.#clock.now();
    const known = this.#reviews.get(namespace);
    if (known !== undefined && nowMs - known.atMs < maxAgeMs) return known.review;
    const asked = { review: this.#ask(namespace).then(async (review) => review ?? known?.review), atMs: nowMs };
    this.#reviews.set(namespace, asked);
    const review = await asked.review;
    if (review === undefined && this.#reviews.get(namespace) === asked) this.#reviews.delete(namespace);
    return review;
  }

  async #ask(namespace: string): Promise<AccessReview | undefined> {
    try {
      return await this.#api.create(accessReviews, accessReviewBody(namespace), AbortSignal.timeout(reviewTimeoutMs));
    } catch (thrown) {
      this.#log.warn('cannot tell what is allowed; trying it out', { namespace, error: toRunnerError(thrown).message });
      return undefined;
    }
  }
}

function keyOf(namespace: string, verb: string, group: string, resource: string): string {
  return JSON.stringify([namespace, verb, group, resource]);
}
