import { withTimeout } from '../../core/abort.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Reference } from '../../image/reference.ts';
import type { Api, Resource } from '../api.ts';
import type { SecretObject } from '../secret-object.ts';
import type { Store } from '../store.ts';
import { isScopedName, type KeptSecret, scopedName, scopeKeyOf } from './kept-secrets.ts';
import type { PullSecretSource } from './pull-secret-source.ts';
import { OwnedNames } from './owned-names.ts';
import { SecretCollection } from './secret-collection.ts';
import { type SourcedContent, SecretKeeper, writeTimeoutMs } from './secret-keeper.ts';
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

/** Another replica may be about to create a pod with it. */
const unusedMs = 10 * 60_000;

/** The mounted registry credentials as a secret beside the function pods, for the kubelets that pull their images. */
export class PullSecret {
  readonly #options: PullSecretOptions;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #keeper: SecretKeeper;
  readonly #collection: SecretCollection;
  #wake: () => void = () => undefined;
  #sourceProblem = '';

  constructor(options: PullSecretOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const onChange = (): void => {
      this.#wake();
    };
    this.#keeper = new SecretKeeper({ ...options, clock: this.#clock, onChange });
    const names = new OwnedNames(options);
    const { name, scope } = options;
    // That of the whole file is unused only where each pod gets a part.
    const isCollectable = (found: string): boolean =>
      isScopedName(found, name) || (scope === 'registry' && found === name);
    this.#collection = new SecretCollection({
      ...options,
      clock: this.#clock,
      kept: this.#keeper.kept,
      unusedMsOf: (found) => (isCollectable(found) ? unusedMs : undefined),
      listed: async (signal) => names.list(scope === 'registry' ? [name] : [], signal),
    });
  }

  /** Replicates once, then follows source and secret until closed. What fails is logged and tried again. */
  async start(): Promise<void> {
    if (this.#options.scope === 'all') this.#keeper.keep(this.#options.name, undefined);
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
    if (content !== undefined && kept !== undefined) await this.#keeper.ensure(kept, sourced(kept, content), signal);
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
    this.#keeper.close();
  }

  #keptFor(images: readonly Reference[], config: SourceContent['config']): KeptSecret | undefined {
    const { scope, name } = this.#options;
    if (scope === 'all') return this.#keeper.keep(name, undefined);
    const keys = config.keysFor(images);
    return keys.length === 0 ? undefined : this.#keeper.keep(scopedName(name, scopeKeyOf(keys)), keys);
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
    for (const kept of this.#keeper.kept.values()) {
      if (this.#keeper.isResting(kept)) continue;
      using timeout = withTimeout(this.#closing.signal, writeTimeoutMs, 'writing the pull secret');
      // One after the other: there are few, and a cluster in trouble is not helped by more at once.
      const options = { signal: timeout.signal, isNeeded: false };
      await this.#keeper.sync(kept, sourced(kept, content), options).catch((thrown: unknown) => {
        this.#keeper.failed(kept, toRunnerError(thrown));
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
}

type SourceContent = Exclude<Awaited<ReturnType<PullSecretSource['current']>>, undefined>;

function sourced({ keys }: KeptSecret, { config, swappedAtMs }: SourceContent): SourcedContent | undefined {
  const content = keys === undefined ? config.whole : config.part(keys);
  return content && { content, sinceMs: swappedAtMs };
}
