import { withTimeout } from '../../../core/abort.ts';
import type { Clock } from '../../../core/clock.ts';
import { RunnerError, toRunnerError } from '../../../core/errors.ts';
import { unlessAborted } from '../../../core/unless-aborted.ts';
import { ApiError } from '../../api-error.ts';
import type { Resource } from '../../api.ts';
import type { ApiObject } from '../../object.ts';
import type { Permissions } from '../../permissions.ts';
import type { Store } from '../../store.ts';

/** What is known of one object. */
export type Observed<T extends ApiObject> =
  | { readonly kind: 'there'; readonly object: T }
  | { readonly kind: 'absent' }
  /** The Role does not let us read it. */
  | { readonly kind: 'unreadable' }
  /** It could not be found out now. */
  | { readonly kind: 'unknown'; readonly error: RunnerError };

export interface ObservedObjectsOptions<T extends ApiObject> {
  readonly resource: Resource<T>;
  /** A started store of the one object: watched, or read every few seconds. @throws RunnerError `CLUSTER_*` */
  readonly open: (name: string) => Promise<Store<T>>;
  readonly permissions: Pick<Permissions, 'allows'>;
  readonly clock: Clock;
  /** Called after each change of one of them. */
  readonly onChange: () => void;
  /** Most that are kept at once. Default 200. */
  readonly maxKept?: number;
}

interface Kept<T extends ApiObject> {
  opening: Promise<void> | undefined;
  store: Store<T> | undefined;
  /** Why there is no store; not tried again before then. */
  failed: { readonly seen: Observed<T>; readonly untilMs: number } | undefined;
  usedAtMs: number;
  end: () => void;
}

const lookTimeoutMs = 10_000;
const retryMs = 5000;
const deniedRetryMs = 10 * 60_000;
const idleMs = 10 * 60_000;

/** Objects of one resource by name, each kept up to date for as long as somebody wants to know of it. */
export class ObservedObjects<T extends ApiObject> {
  readonly #options: ObservedObjectsOptions<T>;
  /** The longest unused first. */
  readonly #kept = new Map<string, Kept<T>>();
  #isClosed = false;

  constructor(options: ObservedObjectsOptions<T>) {
    this.#options = options;
  }

  /** Asks nobody, but for the first look at a name. @throws RunnerError the signal's reason only */
  async look(name: string, signal?: AbortSignal): Promise<Observed<T>> {
    const kept = this.#use(name);
    if (kept.store === undefined && !this.#isResting(kept)) {
      const opening = this.#open(name, kept);
      // Roles change rarely: nobody waits for what was not allowed before.
      if (kept.failed?.seen.kind !== 'unreadable') await this.#wait(opening, signal);
    }
    if (kept.store === undefined) return kept.failed?.seen ?? { kind: 'unknown', error: notYet(name) };
    const object = kept.store.get(name);
    return object === undefined ? { kind: 'absent' } : { kind: 'there', object };
  }

  /** Lets go of those that have not been looked at for ten minutes, but for those that are in use. */
  tidy(used: ReadonlySet<string>): void {
    const nowMs = this.#options.clock.now();
    for (const [name, kept] of this.#kept) {
      if (used.has(name)) kept.usedAtMs = nowMs;
      else if (nowMs - kept.usedAtMs >= idleMs) this.#drop(name, kept);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const [name, kept] of this.#kept) this.#drop(name, kept);
  }

  #use(name: string): Kept<T> {
    const { clock, maxKept = 200 } = this.#options;
    const known = this.#kept.get(name);
    const fresh = { opening: undefined, store: undefined, failed: undefined, end: (): void => undefined };
    const kept = known ?? { ...fresh, usedAtMs: 0 };
    kept.usedAtMs = clock.now();
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    const [oldest] = this.#kept;
    if (this.#kept.size > maxKept && oldest !== undefined) this.#drop(...oldest);
    return kept;
  }

  #drop(name: string, kept: Kept<T>): void {
    this.#kept.delete(name);
    kept.end();
  }

  #isResting({ failed }: Kept<T>): boolean {
    return failed !== undefined && this.#options.clock.now() < failed.untilMs;
  }

  async #wait(opening: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    using limit = withTimeout(signal, lookTimeoutMs, `reading ${this.#options.resource.name}`);
    try {
      await unlessAborted(opening, limit.signal);
    } catch (thrown) {
      if (signal?.aborted === true) throw thrown;
    }
  }

  async #open(name: string, kept: Kept<T>): Promise<void> {
    kept.opening ??= this.#tryToOpen(name, kept).finally(() => {
      kept.opening = undefined;
    });
    return kept.opening;
  }

  async #tryToOpen(name: string, kept: Kept<T>): Promise<void> {
    const { open, clock, onChange } = this.#options;
    const fail = (seen: Observed<T>, restMs: number): void => {
      kept.failed = { seen, untilMs: clock.now() + restMs };
    };
    if (!(await this.#mayRead(name))) {
      fail({ kind: 'unreadable' }, deniedRetryMs);
      return;
    }
    try {
      const store = await open(name);
      const unsubscribe = store.subscribe(onChange);
      kept.end = () => {
        unsubscribe();
        store.close();
      };
      kept.store = store;
      kept.failed = undefined;
      if (this.#isClosed || this.#kept.get(name) !== kept) kept.end();
    } catch (thrown) {
      const isDenied = thrown instanceof ApiError && thrown.status === 403;
      if (isDenied) fail({ kind: 'unreadable' }, deniedRetryMs);
      else fail({ kind: 'unknown', error: toRunnerError(thrown) }, retryMs);
    }
  }

  async #mayRead(name: string): Promise<boolean> {
    const { permissions, resource } = this.#options;
    const { namespace, group, name: plural } = resource;
    const allows = async (verb: string): Promise<boolean> => permissions.allows(namespace, verb, group, plural, name);
    return (await allows('list')) || (await allows('get'));
  }
}

function notYet(name: string): RunnerError {
  return new RunnerError('CLUSTER_UNAVAILABLE', `the API server has not answered about ${name} yet`);
}
