import { createHash } from 'node:crypto';

import type { RunnerError } from '../../core/errors.ts';
import type { SecretObject } from '../secret-object.ts';
import type { Store } from '../store.ts';
import { SecretReplica, type SecretReplicaOptions } from './secret-replica.ts';

export interface KeptSecret {
  readonly name: string;
  /** Keys of the entries it holds; undefined for the whole file. */
  readonly keys: readonly string[] | undefined;
  /** Resolves once the secret's store has been filled. @throws RunnerError `CLUSTER_*`; the next call tries again */
  replica(): Promise<SecretReplica>;
  /** Undefined until then. */
  readonly opened: SecretReplica | undefined;
  /** When a pod was last about to be created with it, or last seen to have it, in milliseconds since the epoch. */
  usedAtMs: number;
  /** Not tried again in the background before then. */
  retryAtMs: number;
  /** Not repaired again before then: whoever changes it back each time is not fought at full speed. */
  restUntilMs: number;
  failures: number;
  /** The last failure; undefined when it is well. */
  error: RunnerError | undefined;
  close(): void;
}

export interface KeptSecretOptions extends Omit<SecretReplicaOptions, 'name' | 'store'> {
  /** Opens a store of the one secret of that name in the namespace; not started. */
  readonly openStore: (name: string) => Promise<Store<SecretObject>>;
  readonly onChange: () => void;
}

/** Opens what is needed to hold one secret to its source. */
export function keepSecret(
  name: string,
  keys: readonly string[] | undefined,
  { openStore, onChange, ...options }: KeptSecretOptions,
): KeptSecret {
  let opening: Promise<SecretReplica> | undefined;
  let opened: SecretReplica | undefined;
  let close = (): void => undefined;
  let isClosed = false;
  const open = async (): Promise<SecretReplica> => {
    const store = await openStore(name);
    const unsubscribe = store.subscribe(onChange);
    close = () => {
      unsubscribe();
      store.close();
    };
    try {
      await store.start();
    } catch (thrown) {
      close();
      throw thrown;
    }
    if (isClosed) close();
    opened = new SecretReplica({ ...options, name, store });
    return opened;
  };
  return {
    name,
    keys,
    replica: async () => {
      opening ??= open().catch((thrown: unknown) => {
        opening = undefined;
        throw thrown;
      });
      return opening;
    },
    get opened() {
      return opened;
    },
    usedAtMs: options.clock.now(),
    retryAtMs: 0,
    restUntilMs: 0,
    failures: 0,
    error: undefined,
    close: () => {
      isClosed = true;
      close();
    },
  };
}

const scopeDigits = 10;
const maxNameLength = 253;

/** Same for the same keys, whatever their logins are. */
export function scopeKeyOf(keys: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(keys)).digest('hex').slice(0, scopeDigits);
}

export function scopedName(name: string, scopeKey: string): string {
  return `${name.slice(0, maxNameLength - scopeDigits - 1)}-${scopeKey}`;
}

/** Whether a secret is one of those that {@link scopedName} gives. */
export function isScopedName(name: string, base: string): boolean {
  return /^[0-9a-f]{10}$/.test(name.slice(-scopeDigits)) && scopedName(base, name.slice(-scopeDigits)) === name;
}
