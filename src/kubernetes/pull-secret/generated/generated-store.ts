import type { Clock } from '../../../core/clock.ts';
import type { Counters } from '../../../core/counters.ts';
import type { Log } from '../../../core/log.ts';
import type { ApiClient } from '../../api-client.ts';
import { ApiError } from '../../api-error.ts';
import type { Resource } from '../../api.ts';
import type { SecretObject } from '../../secret-object.ts';
import type { Store } from '../../store.ts';
import { WatchedStore } from '../../watched-store.ts';
import type { SecretRights } from '../secret-writer.ts';
import { generatedSelector } from './generated-marks.ts';
import { LookedUpStore } from './looked-up-store.ts';

export interface GeneratedStoreOptions {
  readonly api: Pick<ApiClient, 'get' | 'list' | 'watchStream'>;
  readonly resource: Resource<SecretObject>;
  readonly permissions: SecretRights;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
}

/** The secrets that replicas have generated. */
export interface GeneratedStore {
  readonly store: Store<SecretObject>;
  /** False: only those are known that were looked at. */
  readonly isWatched: boolean;
  /** Makes sure that what is known of a secret is no older than a moment. */
  look(name: string, signal: AbortSignal): Promise<void>;
  forget(name: string): void;
}

/**
 * One watch for all of them where the Role allows that, else a look at each that is needed.
 *
 * @param closing closes it, also while it is being opened
 */
export async function openGeneratedStore(
  options: GeneratedStoreOptions,
  closing: AbortSignal,
): Promise<GeneratedStore> {
  const { permissions, resource } = options;
  const { namespace } = resource;
  const allows = async (verb: string): Promise<boolean> => permissions.allows(namespace, verb, '', 'secrets');
  if ((await allows('list')) && (await allows('watch'))) {
    const store = new WatchedStore({ ...options, labelSelector: generatedSelector });
    closeOn(closing, store);
    try {
      await store.start();
      return { store, isWatched: true, look: async () => Promise.resolve(), forget: () => undefined };
    } catch (thrown) {
      store.close();
      if (!(thrown instanceof ApiError) || thrown.status !== 403) throw thrown;
      permissions.denied(namespace, 'list', '', 'secrets');
    }
  }
  const store = new LookedUpStore(options);
  closeOn(closing, store);
  return {
    store,
    isWatched: false,
    look: async (name, signal) => store.look(name, signal),
    forget: (name) => {
      store.forget(name);
    },
  };
}

function closeOn(closing: AbortSignal, store: { close(): void }): void {
  const close = (): void => {
    store.close();
  };
  if (closing.aborted) close();
  else closing.addEventListener('abort', close, { once: true });
}
