import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import type { Log } from '../../core/log.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import { ApiError } from '../api-error.ts';
import type { Api, Resource } from '../api.ts';
import type { SecretObject } from '../secret-object.ts';
import type { Store } from '../store.ts';
import type { SecretContent } from './node-config.ts';
import {
  type Adoption,
  decideReplica,
  type ReplicaAction,
  type ReplicaState,
  type SourceMark,
} from './replica-decision.ts';
import { replicaError } from './replica-error.ts';
import { markOf, readReplica } from './secret-marks.ts';
import { SecretWriter, type SecretRights } from './secret-writer.ts';

export interface SecretReplicaOptions {
  readonly api: Api;
  readonly resource: Resource<SecretObject>;
  readonly name: string;
  /** Of the one secret; started. */
  readonly store: Store<SecretObject>;
  readonly permissions: SecretRights;
  readonly adopt: Adoption;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
}

export interface SyncOptions {
  readonly signal: AbortSignal;
  /** A pod is about to be created that needs the secret: older credentials are better than none. */
  readonly isNeeded: boolean;
}

/** Others may write at the same time: so often we look again. */
const maxLooks = 6;
/** Kubelets swap mounts up to a minute apart; a runner with newer content that has not written by then is gone. */
const rememberMs = 120_000;

const outcomes = { create: 'created', write: 'written', repair: 'repaired', adopt: 'adopted' } as const;

/** One secret in the cluster, held to what its source says. */
export class SecretReplica {
  readonly #options: SecretReplicaOptions;
  readonly #writer: SecretWriter;
  #turn: Promise<void> = Promise.resolve();
  #remembered: SourceMark | undefined;
  #uid: string | undefined;
  #absentSinceMs: number | undefined;
  #read: { readonly object: SecretObject | undefined; readonly state: ReplicaState } | undefined;

  constructor(options: SecretReplicaOptions) {
    this.#options = options;
    this.#writer = new SecretWriter(options);
  }

  /** Whether the secret is there as ours, with whatever content, as far as is known. */
  get isThere(): boolean {
    return this.#stateOf(this.#options.store.get(this.#options.name)).kind === 'ours';
  }

  /** Whether there is nothing to do, as far as is known. */
  isSettled(content: SecretContent, swappedAtMs: number, isNeeded: boolean): boolean {
    const known = this.#options.store.get(this.#options.name);
    return this.#decide(known, content, swappedAtMs, isNeeded).kind === 'leave';
  }

  /**
   * No request when the secret is known to be as it should.
   *
   * @returns whether it was written
   * @throws RunnerError `PULL_SECRET` when it must not or cannot be written; `CLUSTER_*`
   */
  async sync(content: SecretContent, swappedAtMs: number, options: SyncOptions): Promise<boolean> {
    if (this.isSettled(content, swappedAtMs, options.isNeeded)) return false;
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#turn = Promise.all([before, promise]).then(() => undefined);
    try {
      await unlessAborted(before, options.signal);
      return await this.#write(content, swappedAtMs, options);
    } finally {
      resolve(undefined);
    }
  }

  async #write(content: SecretContent, swappedAtMs: number, options: SyncOptions): Promise<boolean> {
    const { api, resource, name, store, adopt, log } = this.#options;
    let known = store.get(name);
    for (let look = 1; ; look += 1) {
      const action = this.#decide(known, content, swappedAtMs, options.isNeeded);
      if (action.kind === 'leave') return false;
      if (action.kind === 'error')
        throw replicaError(action.problem, resource.namespace, name, this.#read?.state, adopt);
      try {
        await this.#act(action.kind, known, content, swappedAtMs, options.signal);
        return true;
      } catch (thrown) {
        if (!isOvertaken(thrown, known)) {
          this.#count('failed');
          throw thrown;
        }
        this.#count('overtaken');
        if (look === maxLooks) throw thrown;
        log.debug('pull secret was written by another at the same time; looking again', { secret: name });
        known = await api.get(resource, name, options.signal);
        if (known !== undefined) store.accept(known);
      }
    }
  }

  async #act(
    kind: keyof typeof outcomes,
    known: SecretObject | undefined,
    content: SecretContent,
    swappedAtMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { resource, name, store, log } = this.#options;
    const written = await this.#writer.write(kind === 'create' ? undefined : known, content, swappedAtMs, signal);
    store.accept(written);
    this.#note(written);
    this.#count(outcomes[kind]);
    const values = { secret: `${resource.namespace}/${name}` };
    if (kind === 'repair') log.warn('pull secret was changed or deleted by another; repaired', values);
    else log.info(`pull secret ${outcomes[kind]}`, values);
  }

  #decide(
    known: SecretObject | undefined,
    { hash, dataHash, fileHash }: SecretContent,
    swappedAtMs: number,
    isNeeded: boolean,
  ): ReplicaAction {
    const state = this.#stateOf(known);
    const now = this.#options.clock.now();
    if (state.kind === 'absent') this.#absentSinceMs ??= now;
    else this.#absentSinceMs = undefined;
    const isForgotten = state.kind === 'absent' && (isNeeded || now - (this.#absentSinceMs ?? now) > rememberMs);
    const remembered = isForgotten ? undefined : this.#remembered;
    return decideReplica({ hash, dataHash, fileHash, swappedAtMs }, state, { adopt: this.#options.adopt, remembered });
  }

  #stateOf(object: SecretObject | undefined): ReplicaState {
    if (this.#read !== undefined && this.#read.object === object) return this.#read.state;
    const state = readReplica(object, this.#uid);
    if (object !== undefined && state.kind === 'ours') this.#note(object);
    this.#read = { object, state };
    return state;
  }

  #note(object: SecretObject): void {
    this.#uid = object.metadata.uid;
    this.#remembered = markOf(object) ?? this.#remembered;
  }

  #count(outcome: string): void {
    this.#options.counters.add('pull_secret_writes', { outcome });
  }
}

/** Conflict, AlreadyExists, or deleted between look and write: a newer state to look at, not a failure. */
function isOvertaken(thrown: unknown, known: SecretObject | undefined): boolean {
  if (!(thrown instanceof ApiError)) return false;
  return thrown.status === 409 || (thrown.status === 404 && known !== undefined);
}
