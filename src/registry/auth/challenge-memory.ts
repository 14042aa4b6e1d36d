import type { Demand } from './demand.ts';

const maxEntries = 1000;

/**
 * What each origin asked for last, so that later requests go out authorised at once: every 401 that can be avoided is a
 * request less, and some registries count them against the caller. Never fed by hosts that were redirected to.
 */
export class ChallengeMemory {
  readonly #demands = new Map<string, Demand>();
  readonly #scopes = new Map<string, readonly string[]>();

  demand(origin: string): Demand | undefined {
    return this.#demands.get(origin);
  }

  learn(origin: string, demand: Demand): void {
    remember(this.#demands, origin, demand);
  }

  /** What a repository's challenges asked for besides the right to pull it. */
  scopes(origin: string, repository: string): readonly string[] {
    return this.#scopes.get(`${origin} ${repository}`) ?? [];
  }

  learnScopes(origin: string, repository: string, scopes: readonly string[]): void {
    remember(this.#scopes, `${origin} ${repository}`, scopes);
  }
}

/** The newest {@link maxEntries} stay. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > maxEntries && oldest !== undefined) map.delete(oldest);
}
