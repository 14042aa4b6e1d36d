import type { Clock } from '../../core/clock.ts';
import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { ApiError } from '../api-error.ts';
import type { Api, Resource } from '../api.ts';
import { managedByLabel, manager } from '../manager.ts';
import type { SecretObject } from '../secret-object.ts';
import { isScopedName, type KeptSecret } from './kept-secrets.ts';
import type { SecretRights } from './secret-writer.ts';

interface SecretCollectionOptions {
  readonly api: Api;
  readonly resource: Resource<SecretObject>;
  readonly permissions: Pick<SecretRights, 'allows'>;
  readonly name: string;
  readonly scope: 'all' | 'registry';
  readonly clock: Clock;
  readonly log: Log;
  /** Those that this process holds to their source, by name; what is deleted is taken out. */
  readonly kept: Map<string, KeptSecret>;
}

/** Another replica may be about to create a pod with it. */
const unusedMs = 10 * 60_000;
/** Before the replica that deletes does so, or we would repair what it deletes. */
const unfollowedMs = unusedMs / 2;

/**
 * Removes pull secrets of `--pull-secret-scope=registry` that no pod has any more. Where secrets may not be listed, those
 * of earlier processes are known from the pods that have them.
 */
export class SecretCollection {
  readonly #options: SecretCollectionOptions;
  readonly #usedAtMs = new Map<string, number>();
  #isListed = false;

  constructor(options: SecretCollectionOptions) {
    this.#options = options;
  }

  async collect(used: ReadonlySet<string>, mayDelete: boolean, signal: AbortSignal): Promise<void> {
    const { clock, kept } = this.#options;
    const now = clock.now();
    const listed = mayDelete ? await this.#listed(signal) : [];
    for (const found of [...listed, ...kept.keys()]) {
      if (this.#isCollectable(found) && !this.#usedAtMs.has(found)) this.#usedAtMs.set(found, now);
    }
    for (const each of used) if (this.#isCollectable(each)) this.#usedAtMs.set(each, now);
    if (mayDelete) await this.#deleteUnused(signal);
    else this.#letGo();
  }

  async #deleteUnused(signal: AbortSignal): Promise<void> {
    for (const each of this.#usedAtMs.keys()) {
      if (!this.#isUnused(each, unusedMs)) continue;
      try {
        await this.#delete(each, signal);
      } catch (thrown) {
        const { code, message } = toRunnerError(thrown);
        this.#options.log.warn('unused pull secret cannot be deleted', { secret: each, code, error: message });
      }
    }
  }

  #letGo(): void {
    for (const each of this.#usedAtMs.keys()) {
      if (this.#isUnused(each, unfollowedMs)) this.#unfollow(each);
    }
  }

  #unfollow(name: string): void {
    this.#options.kept.get(name)?.close();
    this.#options.kept.delete(name);
  }

  #isUnused(name: string, forMs: number): boolean {
    const { clock, kept } = this.#options;
    return clock.now() - Math.max(this.#usedAtMs.get(name) ?? 0, kept.get(name)?.usedAtMs ?? 0) >= forMs;
  }

  /** That of the whole file is unused only where each pod gets a part. */
  #isCollectable(found: string): boolean {
    const { name, scope } = this.#options;
    return isScopedName(found, name) || (scope === 'registry' && found === name);
  }

  /** Once is enough: later ones are seen when they are used. */
  async #listed(signal: AbortSignal): Promise<readonly string[]> {
    const { api, resource, permissions, scope, name } = this.#options;
    if (this.#isListed) return [];
    this.#isListed = true;
    const unlisted = scope === 'registry' ? [name] : [];
    try {
      if (!(await permissions.allows(resource.namespace, 'list', '', 'secrets'))) return unlisted;
      const { items } = await api.list(resource, { labelSelector: `${managedByLabel}=${manager}` }, signal);
      return items.map(({ metadata }) => metadata.name);
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.code !== 'CLUSTER_DENIED') this.#isListed = false;
      return unlisted;
    }
  }

  async #delete(name: string, signal: AbortSignal): Promise<void> {
    const { api, resource, log } = this.#options;
    const secret = await api.get(resource, name, signal);
    if (!this.#isUnused(name, unusedMs)) return;
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
