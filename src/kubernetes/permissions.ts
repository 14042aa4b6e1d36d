import { toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { accessReviewBody, accessReviews, isAllowed, type AccessReview } from './access-review.ts';
import type { Api } from './api.ts';

const reviewTimeoutMs = 15_000;

/**
 * What we may do, asked once for each namespace. Where the API server cannot or will not tell, everything counts as
 * allowed until a 403 says otherwise.
 */
export class Permissions {
  readonly #api: Pick<Api, 'create'>;
  readonly #log: Log;
  readonly #reviews = new Map<string, Promise<AccessReview | undefined>>();
  readonly #denied = new Set<string>();

  constructor({ api, log }: { readonly api: Pick<Api, 'create'>; readonly log: Log }) {
    this.#api = api;
    this.#log = log;
  }

  /** @param name for one object; without it, for all of them. Never rejects. */
  async allows(namespace: string, verb: string, group: string, resource: string, name?: string): Promise<boolean> {
    if (this.#denied.has(keyOf(namespace, verb, group, resource))) return false;
    const review = await this.#review(namespace);
    return review === undefined || review.incomplete || isAllowed(review.rules, { verb, group, resource, name });
  }

  /** A 403 said otherwise. */
  denied(namespace: string, verb: string, group: string, resource: string): void {
    const key = keyOf(namespace, verb, group, resource);
    if (this.#denied.has(key)) return;
    this.#denied.add(key);
    this.#log.info('not allowed by the Role, after all', { namespace, verb, group, resource });
  }

  /** One that could not be had is asked for again the next time. */
  async #review(namespace: string): Promise<AccessReview | undefined> {
    const known = this.#reviews.get(namespace);
    if (known !== undefined) return known;
    const asked = this.#ask(namespace);
    this.#reviews.set(namespace, asked);
    const review = await asked;
    if (review === undefined) this.#reviews.delete(namespace);
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
