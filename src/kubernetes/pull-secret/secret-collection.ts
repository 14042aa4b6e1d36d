import type { Clock } from '../../core/clock.ts';
import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Api, Resource } from '../api.ts';
import { managedByLabel, manager } from '../manager.ts';
import type { SecretObject } from '../secret-object.ts';
import type { KeptSecret } from './kept-secrets.ts';

interface SecretCollectionOptions {
  readonly api: Api;
  readonly resource: Resource<SecretObject>;
  /** How long a secret of that name has to be unused before it goes; undefined: it is not one of these. */
  readonly unusedMsOf: (name: string) => number | undefined;
  /** Names of those that others have made, as far as they are known. */
  readonly listed: (signal: AbortSignal) => Promise<readonly string[]>;
  /** Whether one is known not to be in the cluster; by default none is. */
  readonly isGone?: (name: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Those that this process holds to their source, by name; what is deleted is taken out. */
  readonly kept: Map<string, KeptSecret>;
}

/** Of the time after which it is deleted: no longer followed by then, or we would repair what another replica deletes. */
const unfollowedShare = 0.5;
/** Where nobody may list them, those of other replicas are known for as long. */
const maxKnown = 10_000;

/** Removes pull secrets that no pod has any more; those of earlier processes are known from the pods that have them, too. */
export class SecretCollection {
  readonly #options: SecretCollectionOptions;
  readonly #usedAtMs = new Map<string, number>();

  constructor(options: SecretCollectionOptions) {
    this.#options = options;
  }

  async collect(used: ReadonlySet<string>, mayDelete: boolean, signal: AbortSignal): Promise<void> {
    const { clock, kept, listed: list, unusedMsOf } = this.#options;
    const now = clock.now();
    const listed = mayDelete ? await list(signal) : [];
    for (const found of [...listed, ...kept.keys()]) {
      if (unusedMsOf(found) !== undefined && !this.#usedAtMs.has(found)) this.#usedAtMs.set(found, now);
    }
    for (const each of used) if (unusedMsOf(each) !== undefined) this.#usedAtMs.set(each, now);
    this.#forget();
    if (mayDelete) await this.#deleteUnused(signal);
    else this.#letGo();
  }

  async #deleteUnused(signal: AbortSignal): Promise<void> {
    for (const each of this.#usedAtMs.keys()) {
      if (!this.#isUnused(each)) continue;
      try {
        await this.#delete(each, signal);
      } catch (thrown) {
        const { code, message } = toRunnerError(thrown);
        this.#options.log.warn('unused pull secret cannot be deleted', { secret: each, code, error: message });
      }
    }
  }

  /** Another replica may have deleted them; without a bound there would be as many as there ever were logins. */
  #forget(): void {
    const { isGone = () => false } = this.#options;
    for (const each of this.#usedAtMs.keys()) {
      if (!this.#isUnused(each, unfollowedShare) || !isGone(each)) continue;
      this.#unfollow(each);
      this.#usedAtMs.delete(each);
    }
    for (const each of this.#usedAtMs.keys()) {
      if (this.#usedAtMs.size <= maxKnown) break;
      this.#usedAtMs.delete(each);
    }
  }

  #letGo(): void {
    for (const each of this.#usedAtMs.keys()) {
      if (this.#isUnused(each, unfollowedShare)) this.#unfollow(each);
    }
  }

  #unfollow(name: string): void {
    this.#options.kept.get(name)?.close();
    this.#options.kept.delete(name);
  }

  #isUnused(name: string, share = 1): boolean {
    const { clock, kept, unusedMsOf } = this.#options;
    const forMs = (unusedMsOf(name) ?? Infinity) * share;
    return clock.now() - Math.max(this.#usedAtMs.get(name) ?? 0, kept.get(name)?.usedAtMs ?? 0) >= forMs;
  }

  async #delete(name: string, signal: AbortSignal): Promise<void> {
    const { api, resource, log } = this.#options;
    const secret = await api.get(resource, name, signal);
    if (!this.#isUnused(name)) return;
    if (secret !== undefined && secret.metadata.labels[managedByLabel] === manager) {
      // Before the deletion, or it would be repaired.
      this.#unfollow(name);
      const { uid, resourceVersion } = secret.metadata;
      const isDeleted = await api.delete(resource, name, { preconditions: { uid, resourceVersion } }, signal);
      if (isDeleted) log.info('unused pull secret deleted', { secret: `${resource.namespace}/${name}` });
    }
    this.#usedAtMs.delete(name);
  }
}
