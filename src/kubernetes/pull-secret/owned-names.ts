import { ApiError } from '../api-error.ts';
import type { Api, Resource } from '../api.ts';
import { managedByLabel, manager } from '../manager.ts';
import type { SecretObject } from '../secret-object.ts';
import type { SecretRights } from './secret-writer.ts';

interface OwnedNamesOptions {
  readonly api: Pick<Api, 'list'>;
  readonly resource: Resource<SecretObject>;
  readonly permissions: Pick<SecretRights, 'allows'>;
}

/** Names of the secrets that earlier processes have left, where secrets may be listed. */
export class OwnedNames {
  readonly #options: OwnedNamesOptions;
  #isListed = false;

  constructor(options: OwnedNamesOptions) {
    this.#options = options;
  }

  /**
   * Once is enough, since later ones are seen when they are used: then it gives none.
   *
   * @param unlisted what it gives where secrets may not be listed
   */
  async list(unlisted: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const { api, resource, permissions } = this.#options;
    if (this.#isListed) return [];
    this.#isListed = true;
    try {
      if (!(await permissions.allows(resource.namespace, 'list', '', 'secrets'))) return unlisted;
      const { items } = await api.list(resource, { labelSelector: `${managedByLabel}=${manager}` }, signal);
      return items.map(({ metadata }) => metadata.name);
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.code !== 'CLUSTER_DENIED') this.#isListed = false;
      return unlisted;
    }
  }
}
