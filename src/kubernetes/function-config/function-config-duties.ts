import type { Clock } from '../../core/clock.ts';
import { type RunnerError, toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { ApiError } from '../api-error.ts';
import type { Api, Resource } from '../api.ts';
import type { Store } from '../store.ts';
import { dutyTo, type FunctionConfigDuty } from './function-config-duty.ts';
import type { FunctionConfigObject } from './function-config-object.ts';

interface DutiesOptions {
  readonly api: Pick<Api, 'patch'>;
  readonly resource: Resource<FunctionConfigObject>;
  readonly store: Pick<Store<FunctionConfigObject>, 'get' | 'accept'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

interface Pending {
  readonly uid: string;
  readonly problem: string | undefined;
}

type Duty = Exclude<FunctionConfigDuty, { kind: 'none' }>;

const shortlyMs = 1000;
const laterMs = 30_000;

/** Finalizer and status of FunctionConfigs, one after the other. What another replica does first need not be done. */
export class FunctionConfigDuties {
  readonly #options: DutiesOptions;
  readonly #pending = new Map<string, Pending>();
  /** What was said of which version: whoever takes it back or says another thing is not contradicted for ever. */
  readonly #told = new Map<string, string>();
  /** Finalizers put on and taken off, by UID. */
  readonly #done = new Map<string, { readonly kind: Duty['kind']; readonly atMs: number }>();
  readonly #retrying = new Set<string>();
  /** What was logged last of each, to log it once. */
  readonly #complaints = new Map<string, string>();
  /** When the Role last forbade it: the next object would fare no better. */
  readonly #deniedAtMs = new Map<Duty['kind'], number>();
  #isAtWork = false;

  constructor(options: DutiesOptions) {
    this.#options = options;
  }

  /** It has gone: nothing of it needs to be remembered. */
  forget({ metadata: { name, uid } }: FunctionConfigObject): void {
    this.#told.delete(uid);
    this.#done.delete(uid);
    this.#complaints.delete(name);
  }

  /** @param problem why the object could not be read */
  do(object: FunctionConfigObject, problem: string | undefined): void {
    const { name, uid } = object.metadata;
    if (this.#dutyTo(object, problem).kind === 'none') return;
    this.#pending.set(name, { uid, problem });
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    this.#work().catch((thrown: unknown) => {
      this.#options.log.error('FunctionConfigs are not looked after', { error: toRunnerError(thrown).message });
    });
  }

  async #work(): Promise<void> {
    for (const [name, pending] of this.#pending) {
      this.#pending.delete(name);
      await this.#doOne(name, pending);
      if (this.#options.signal.aborted) break;
    }
    this.#isAtWork = false;
  }

  async #doOne(name: string, pending: Pending): Promise<void> {
    const { store, log } = this.#options;
    const object = store.get(name);
    if (object === undefined || object.metadata.uid !== pending.uid) return;
    const duty = this.#dutyTo(object, pending.problem);
    if (duty.kind === 'none') return;
    if (this.#isUndone(pending.uid, duty) || this.#isDenied(duty)) {
      this.#retry(name, pending, laterMs);
      return;
    }
    try {
      await this.#act(object, duty, pending.problem);
      this.#complaints.delete(name);
      this.#deniedAtMs.delete(duty.kind);
      log.debug('FunctionConfig looked after', { name, duty: duty.kind });
    } catch (thrown) {
      const retryMs = this.#retryMs(name, duty, thrown);
      if (retryMs !== undefined) this.#retry(name, pending, retryMs);
    }
  }

  async #act(object: FunctionConfigObject, { kind, patch }: Duty, problem: string | undefined): Promise<void> {
    const { api, resource, store, clock, signal } = this.#options;
    const { name, uid } = object.metadata;
    const changed = await (kind === 'tell'
      ? api.patch(resource, name, patch, { type: 'merge', subresource: 'status' }, signal)
      : api.patch(resource, name, patch, { type: 'merge' }, signal));
    if (kind === 'tell') this.#told.set(uid, versionOf(object, problem));
    else this.#done.set(uid, { kind, atMs: clock.now() });
    // It may have gone with its last finalizer: the store hears of that by itself.
    if (kind !== 'release') store.accept(changed);
  }

  /** Somebody took back at once what was done: doing it again at once would go on for ever. */
  #isUndone(uid: string, { kind }: Duty): boolean {
    const done = this.#done.get(uid);
    return done?.kind === kind && this.#options.clock.now() - done.atMs < laterMs;
  }

  #isDenied({ kind }: Duty): boolean {
    return this.#options.clock.now() - (this.#deniedAtMs.get(kind) ?? -Infinity) < laterMs;
  }

  #retry(name: string, pending: Pending, afterMs: number): void {
    const { clock, store, signal } = this.#options;
    if (this.#retrying.has(name)) return;
    this.#retrying.add(name);
    const again = (): void => {
      this.#retrying.delete(name);
      const object = store.get(name);
      if (object?.metadata.uid === pending.uid) this.do(object, pending.problem);
    };
    clock.delay(afterMs, signal).then(again, () => this.#retrying.delete(name));
  }

  #dutyTo(object: FunctionConfigObject, problem: string | undefined): FunctionConfigDuty {
    const duty = dutyTo(object, problem);
    const isTold = this.#told.get(object.metadata.uid) === versionOf(object, problem);
    return duty.kind === 'tell' && isTold ? { kind: 'none' } : duty;
  }

  /** Undefined when there is nothing left to do. */
  #retryMs(name: string, { kind }: Duty, thrown: unknown): number | undefined {
    const { clock, signal } = this.#options;
    if (signal.aborted) return undefined;
    if (thrown instanceof ApiError && thrown.status === 404) return undefined;
    if (thrown instanceof ApiError && thrown.status === 409) return shortlyMs;
    const error = toRunnerError(thrown);
    const isDenied = error.code === 'CLUSTER_DENIED';
    if (!isDenied || !this.#deniedAtMs.has(kind)) this.#complain(name, kind, error);
    if (isDenied) this.#deniedAtMs.set(kind, clock.now());
    return laterMs;
  }

  #complain(name: string, duty: Duty['kind'], { code, message, details }: RunnerError): void {
    if (this.#complaints.get(name) === message) return;
    this.#complaints.set(name, message);
    const values = { name, duty, code, error: message, hint: details.hint };
    this.#options.log.warn('a FunctionConfig could not be looked after', values);
  }
}

function versionOf({ metadata: { generation } }: FunctionConfigObject, problem: string | undefined): string {
  return JSON.stringify([generation, problem]);
}
