import { withTimeout } from '../../core/abort.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import { RunnerError, toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import type { Reference } from '../../image/reference.ts';
import type { Api, Resource } from '../api.ts';
import type { SecretObject } from '../secret-object.ts';
import type { Store } from '../store.ts';
import { keepSecret, type KeptSecret, scopedName, scopeKeyOf } from './kept-secrets.ts';
import type { SecretContent } from './node-config.ts';
import type { PullSecretSource } from './pull-secret-source.ts';
import { SecretCollection } from './secret-collection.ts';
import type { SyncOptions } from './secret-replica.ts';
import type { SecretRights } from './secret-writer.ts';

export interface PullSecretOptions {
  readonly api: Api;
  /** Of the namespace of the function pods. */
  readonly resource: Resource<SecretObject>;
  /** Opens a store of the one secret of that name; watched, or read every 5 s where secrets may not be watched. */
  readonly openStore: (name: string) => Promise<Store<SecretObject>>;
  readonly permissions: SecretRights;
  /** `--registry-auth-secret-name` */
  readonly name: string;
  readonly source: PullSecretSource;
  readonly scope: 'all' | 'registry';
  /** Take over a secret of that name that is not ours. */
  readonly adopt: boolean;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock?: Clock;
  /** Time between two looks at the source. Default 1000. */
  readonly checkIntervalMs?: number;
}

/** What a pod with certain images is to be given. */
export interface ChosenSecret {
  /** Undefined when there is nothing to give. */
  readonly name: string | undefined;
  /** Which part of the credentials it holds, the same while only logins change; empty for all. */
  readonly scopeKey: string;
  /** Images that the node will fail to pull, and why. */
  readonly warnings: readonly string[];
}

/** How long a call waits for an update that it may not need. */
const updateTimeoutMs = 2000;
const writeTimeoutMs = 30_000;
const restMs = 1000;
const maxBackOffMs = 60_000;

/** The mounted registry credentials as a secret beside the function pods, for the kubelets that pull their images. */
export class PullSecret {
  readonly #options: PullSecretOptions;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #kept = new Map<string, KeptSecret>();
  readonly #collection: SecretCollection;
  #wake: () => void = () => undefined;
  #sourceProblem = '';

  constructor(options: PullSecretOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#collection = new SecretCollection({ ...options, clock: this.#clock, kept: this.#kept });
  }

  /** Replicates once, then follows source and secret until closed. What fails is logged and tried again. */
  async start(): Promise<void> {
    if (this.#options.scope === 'all') this.#keep(this.#options.name, undefined);
    await this.#tick();
    this.#follow().catch((thrown: unknown) => {
      this.#options.log.error('pull secret is no longer followed', { error: toRunnerError(thrown).message });
    });
  }

  /**
   * Which secret a pod with these images needs. No request: pods that run do without the secret.
   *
   * @param images of all containers of the finished pod
   * @throws RunnerError `CFG_*` when the source was never good
   */
  async choose(images: readonly Reference[]): Promise<ChosenSecret> {
    const content = await this.#options.source.current();
    if (content === undefined) return { name: undefined, scopeKey: '', warnings: [] };
    const warnings = images.flatMap((image) => content.config.warningsFor(image));
    const kept = this.#keptFor(images, content.config);
    return { name: kept?.name, scopeKey: kept?.keys === undefined ? '' : scopeKeyOf(kept.keys), warnings };
  }

  /**
   * Makes sure that the chosen secret is there, as a pod is about to be created with it. No request when it is known to be
   * right.
   *
   * @throws RunnerError `PULL_SECRET` when it must not be written, `CFG_*` when the source was never good, `CLUSTER_*`
   */
  async ensure(images: readonly Reference[], signal: AbortSignal): Promise<void> {
    const content = await this.#options.source.current();
    const kept = content && this.#keptFor(images, content.config);
    if (content !== undefined && kept !== undefined) await this.#ensureKept(kept, content, signal);
  }

  /**
   * Deletes secrets of ours that no pod has had for ten minutes. Call it now and then.
   *
   * @param used names in the `imagePullSecrets` of all pods that are there
   * @param mayDelete false: another replica deletes them; here they are only no longer followed
   */
  async collect(used: ReadonlySet<string>, mayDelete: boolean, signal: AbortSignal): Promise<void> {
    await this.#collection.collect(used, mayDelete, signal);
  }

  close(): void {
    this.#closing.abort();
    this.#wake();
    for (const kept of this.#kept.values()) kept.close();
    this.#kept.clear();
  }

  /** Older credentials are better than none: where they are there, their update may fail without failing the call. */
  async #ensureKept(kept: KeptSecret, content: SourceContent, signal: AbortSignal): Promise<void> {
    const isThere = kept.opened?.isThere === true;
    if (isThere && (this.#isSettled(kept, content) || this.#isResting(kept))) return;
    if (!isThere && this.#clock.now() < kept.retryAtMs && isRefusal(kept.error)) throw kept.error;
    using limit = withTimeout(signal, isThere ? updateTimeoutMs : writeTimeoutMs, 'writing the pull secret');
    try {
      await this.#sync(kept, content, { signal: limit.signal, isNeeded: true });
    } catch (thrown) {
      const error = toRunnerError(thrown);
      if (signal.aborted) throw error;
      this.#failed(kept, error);
      if (!isThere || error.code === 'PULL_SECRET') throw error;
    }
  }

  /** It was tried or written a moment ago. */
  #isResting({ retryAtMs, restUntilMs }: KeptSecret): boolean {
    return this.#clock.now() < Math.max(retryAtMs, restUntilMs);
  }

  #isSettled(kept: KeptSecret, { config, swappedAtMs }: SourceContent): boolean {
    const content = contentFor(kept, config);
    return content === undefined || kept.opened?.isSettled(content, swappedAtMs, true) === true;
  }

  #keptFor(images: readonly Reference[], config: SourceContent['config']): KeptSecret | undefined {
    const { scope, name } = this.#options;
    if (scope === 'all') return this.#keep(name, undefined);
    const keys = config.keysFor(images);
    return keys.length === 0 ? undefined : this.#keep(scopedName(name, scopeKeyOf(keys)), keys);
  }

  #keep(name: string, keys: readonly string[] | undefined): KeptSecret {
    if (this.#closing.signal.aborted) throw new RunnerError('SHUTTING_DOWN', 'the runner is shutting down');
    const known = this.#kept.get(name);
    if (known !== undefined) {
      known.usedAtMs = this.#clock.now();
      return known;
    }
    const { api, resource, openStore, permissions, adopt, log, counters } = this.#options;
    const onChange = (): void => {
      this.#wake();
    };
    const kept = keepSecret(name, keys, {
      api,
      resource,
      openStore,
      permissions,
      adopt,
      log,
      counters,
      clock: this.#clock,
      onChange,
    });
    this.#kept.set(name, kept);
    return kept;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const woken = new AbortController();
      this.#wake = () => {
        woken.abort();
      };
      const pause = AbortSignal.any([signal, woken.signal]);
      await this.#clock.delay(this.#options.checkIntervalMs ?? 1000, pause).catch(() => undefined);
      if (!signal.aborted) await this.#tick();
    }
  }

  async #tick(): Promise<void> {
    const content = await this.#sourceContent();
    if (content === undefined) return;
    for (const kept of this.#kept.values()) {
      if (this.#isResting(kept)) continue;
      using timeout = withTimeout(this.#closing.signal, writeTimeoutMs, 'writing the pull secret');
      // One after the other: there are few, and a cluster in trouble is not helped by more at once.
      await this.#sync(kept, content, { signal: timeout.signal, isNeeded: false }).catch((thrown: unknown) => {
        this.#failed(kept, toRunnerError(thrown));
      });
    }
  }

  async #sourceContent(): Promise<SourceContent | undefined> {
    try {
      const content = await this.#options.source.current();
      this.#sourceProblem = '';
      return content;
    } catch (thrown) {
      const { code, message } = toRunnerError(thrown);
      if (message !== this.#sourceProblem) {
        this.#options.log.error('registry credentials cannot be replicated', { code, error: message });
      }
      this.#sourceProblem = message;
      return undefined;
    }
  }

  async #sync(kept: KeptSecret, { config, swappedAtMs }: SourceContent, options: SyncOptions): Promise<void> {
    const content = contentFor(kept, config);
    // The entries are gone from the source: pods that were made with them keep what they have.
    if (content === undefined) return;
    const replica = await unlessAborted(kept.replica(), options.signal);
    const isWritten = await replica.sync(content, swappedAtMs, options);
    if (isWritten) kept.restUntilMs = this.#clock.now() + restMs;
    if (kept.error !== undefined) this.#options.log.info('pull secret is well again', { secret: kept.name });
    kept.error = undefined;
    kept.failures = 0;
    kept.retryAtMs = 0;
  }

  #failed(kept: KeptSecret, error: RunnerError): void {
    if (this.#closing.signal.aborted) return;
    const { code, message, details } = error;
    kept.failures += 1;
    // What asks no one is looked at each time; what asked the cluster in vain is not.
    const backOffMs = code === 'PULL_SECRET' ? 0 : Math.min(maxBackOffMs, 500 * 2 ** Math.min(kept.failures, 10));
    kept.retryAtMs = this.#clock.now() + backOffMs;
    const isNews = message !== kept.error?.message;
    kept.error = error;
    if (!isNews) return;
    this.#options.log.error('pull secret cannot be replicated', {
      secret: `${this.#options.resource.namespace}/${kept.name}`,
      code,
      error: message,
      hint: details.hint,
    });
  }
}

type SourceContent = Exclude<Awaited<ReturnType<PullSecretSource['current']>>, undefined>;

function contentFor({ keys }: KeptSecret, config: SourceContent['config']): SecretContent | undefined {
  return keys === undefined ? config.whole : config.part(keys);
}

/** The same request would be refused again, unlike one that others were faster with. */
function isRefusal(error: RunnerError | undefined): error is RunnerError {
  return error?.code === 'CLUSTER_DENIED' || (error?.code === 'CLUSTER_REFUSED' && error.details.httpStatus !== 409);
}
