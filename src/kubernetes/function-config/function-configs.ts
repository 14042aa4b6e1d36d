import { type Clock, systemClock } from '../../core/clock.ts';
import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Reference } from '../../image/reference.ts';
import { ApiError } from '../api-error.ts';
import type { Api, Resource } from '../api.ts';
import type { Store } from '../store.ts';
import type { FunctionConfig } from './function-config.ts';
import { FunctionConfigDuties } from './function-config-duties.ts';
import type { FunctionConfigObject } from './function-config-object.ts';
import { KnownConfigs } from './known-configs.ts';
import { findExecutable, findForPods, type ImageName } from './match-function-config.ts';
import type { FunctionConfigRules } from './parse-function-config.ts';

export interface FunctionConfigsOptions extends FunctionConfigRules {
  readonly api: Pick<Api, 'patch'>;
  /** Of the namespace of the function pods. */
  readonly resource: Resource<FunctionConfigObject>;
  /** Of all of them. */
  readonly store: Store<FunctionConfigObject>;
  readonly log: Log;
  readonly clock?: Clock;
}

const retryMs = 60_000;
const maxRemembered = 1000;

/** Porch's FunctionConfigs: looked up by image in memory, and told in their status what came of them. */
export class FunctionConfigs {
  readonly #options: FunctionConfigsOptions;
  readonly #known: KnownConfigs;
  readonly #duties: FunctionConfigDuties;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #forPods = new Map<string, FunctionConfig | undefined>();
  #unsubscribe: () => void = () => undefined;

  constructor(options: FunctionConfigsOptions) {
    this.#options = options;
    this.#known = new KnownConfigs(options);
    const { clock = systemClock } = options;
    this.#duties = new FunctionConfigDuties({ ...options, clock, signal: this.#closing.signal });
  }

  /**
   * Resolves with the first full list. Where the cluster does not know the kind, or does not let us read it, there are
   * none for now, and it is tried again every minute.
   *
   * @throws RunnerError `CLUSTER_UNAVAILABLE`
   */
  async start(): Promise<void> {
    const { store } = this.#options;
    this.#unsubscribe = store.subscribe(({ kind, object }) => {
      if (kind === 'deleted') this.#duties.forget(object);
      this.#changed(object.metadata.name);
    });
    const problem = await this.#open();
    if (problem === undefined) return;
    if (problem.status === 403) this.#options.log.warn('FunctionConfigs may not be read', { error: problem.message });
    else this.#options.log.info('the cluster has no FunctionConfigs', { error: problem.message });
    this.#openLater().catch((thrown: unknown) => {
      if (this.#closing.signal.aborted) return;
      this.#options.log.error('FunctionConfigs are not followed', { error: toRunnerError(thrown).message });
    });
  }

  /** The one for the pods of an image, the same object while it does not change. */
  find(image: ImageName): FunctionConfig | undefined {
    const key = JSON.stringify([image.domain, image.path, image.tag ?? '']);
    if (this.#forPods.has(key)) return this.#forPods.get(key);
    const found = findForPods(this.list(), image);
    if (this.#forPods.size >= maxRemembered) this.#forPods.clear();
    this.#forPods.set(key, found);
    return found;
  }

  /** Path of the executable that stands in for an image, absolute or relative to the folder of executables. */
  findExecutable(reference: Reference): string | undefined {
    return findExecutable(this.list(), reference)?.executable?.path;
  }

  /** Those that could be read; of one whose newest version could not, the version before. */
  list(): readonly FunctionConfig[] {
    return this.#known.list();
  }

  /** Called after each change of {@link list}. Returns what ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closing.abort();
    this.#unsubscribe();
    this.#options.store.close();
  }

  async #open(): Promise<ApiError | undefined> {
    const { store } = this.#options;
    try {
      await store.start();
    } catch (thrown) {
      if (thrown instanceof ApiError && (thrown.status === 404 || thrown.status === 403)) return thrown;
      throw thrown;
    }
    for (const { metadata } of store.list()) this.#changed(metadata.name);
    return undefined;
  }

  async #openLater(): Promise<void> {
    const { clock = systemClock, log } = this.#options;
    for (;;) {
      await clock.delay(retryMs, this.#closing.signal);
      const isOpen = await this.#open().then(
        (problem) => problem === undefined,
        () => false,
      );
      if (isOpen) {
        log.info('the cluster has FunctionConfigs now');
        return;
      }
    }
  }

  #changed(name: string): void {
    const object = this.#options.store.get(name);
    const { problem, isNews } = this.#known.take(name, object);
    if (object !== undefined) this.#duties.do(object, problem);
    if (!isNews) return;
    this.#forPods.clear();
    for (const listener of this.#listeners) listener();
  }
}
