import { randomBytes } from 'node:crypto';
import { RunnerError } from '../../../core/errors.ts';
import type { Log } from '../../../core/log.ts';
import { Secret } from '../../../core/secret.ts';
import { unlessAborted } from '../../../core/unless-aborted.ts';
import { ApiError } from '../../api-error.ts';
import type { Api, Resource } from '../../api.ts';
import { managedByLabel, manager } from '../../manager.ts';
import type { SecretObject } from '../../secret-object.ts';
import type { Store } from '../../store.ts';
import { withHint } from './generated-rights.ts';

interface CallerKeyOptions {
  readonly api: Pick<Api, 'get' | 'create'>;
  readonly resource: Resource<SecretObject>;
  /** A started store of the one secret of that name. */
  readonly openStore: (name: string) => Promise<Store<SecretObject>>;
  /** Of the secret that holds the key: see `callerKeyName`. */
  readonly name: string;
  readonly log: Log;
}

const keyBytes = 32;
const dataKey = 'key';
const maxTries = 4;
/** For whoever gives no signal. */
const timeoutMs = 15_000;

/**
 * The key by which callers are told apart, in a Secret that all replicas share: whoever is first makes it. Without it nobody
 * can try passwords against the names of pods and secrets.
 */
export class CallerKey {
  readonly #options: CallerKeyOptions;
  #opening: Promise<Store<SecretObject>> | undefined;
  #store: Store<SecretObject> | undefined;
  #last: Secret | undefined;
  #isClosed = false;

  constructor(options: CallerKeyOptions) {
    this.#options = options;
  }

  /** No request once it is known. @throws {RunnerError} `PULL_SECRET` for a secret that holds no such key; `CLUSTER_*` */
  async get(signal?: AbortSignal): Promise<Secret> {
    const { name, resource } = this.#options;
    const known = this.#store?.get(name);
    const found = known ?? (await withHint(this.#find(signal ?? AbortSignal.timeout(timeoutMs)), resource.namespace));
    this.#last = this.#read(found);
    return this.#last;
  }

  close(): void {
    this.#isClosed = true;
    this.#store?.close();
  }

  async #find(signal: AbortSignal): Promise<SecretObject> {
    const store = await unlessAborted(this.#open(), signal);
    return store.get(this.#options.name) ?? (await this.#create(store, signal));
  }

  async #open(): Promise<Store<SecretObject>> {
    this.#opening ??= this.#options.openStore(this.#options.name).then(
      (store) => {
        if (this.#isClosed) store.close();
        this.#store = store;
        return store;
      },
      (thrown: unknown) => {
        this.#opening = undefined;
        throw thrown;
      },
    );
    return this.#opening;
  }

  /** Where it was deleted the same key is put there again, so that pods keep their callers. */
  async #create(store: Store<SecretObject>, signal: AbortSignal): Promise<SecretObject> {
    const { api, resource, name, log } = this.#options;
    const key = this.#last ?? new Secret(randomBytes(keyBytes));
    for (let tries = 1; ; tries += 1) {
      try {
        const created = await api.create(resource, bodyOf(resource.namespace, name, key), signal);
        store.accept(created);
        log.info('key made that tells callers apart', { secret: `${resource.namespace}/${name}` });
        return created;
      } catch (thrown) {
        if (!(thrown instanceof ApiError) || thrown.status !== 409 || tries === maxTries) throw thrown;
        const found = await api.get(resource, name, signal);
        if (found === undefined) continue;
        store.accept(found);
        return found;
      }
    }
  }

  #read({ metadata, data }: SecretObject): Secret {
    const key = data[dataKey];
    if (metadata.labels[managedByLabel] === manager && key?.length === keyBytes) return key;
    const secret = `secret ${metadata.namespace}/${metadata.name}`;
    throw new RunnerError('PULL_SECRET', `${secret} does not hold the key that tells callers apart`, {
      hint: `Delete ${secret}: a new one is made then.`,
    });
  }
}

function bodyOf(namespace: string, name: string, key: Secret): Parameters<Api['create']>[1] {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name, labels: { [managedByLabel]: manager } },
    type: 'Opaque',
    data: { [dataKey]: key.reveal().toString('base64') },
  };
}
