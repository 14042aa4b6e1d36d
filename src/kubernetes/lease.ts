import { withTimeout } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import { ApiError } from './api-error.ts';
import type { Api, Resource } from './api.ts';
import { isHeld, leaseDurationMs, type LeaseSighting, mayTake, sighted } from './lease-decision.ts';
import { leaseBody, type LeaseObject } from './lease-object.ts';
import { manager } from './manager.ts';

interface LeaseRights {
  allows(namespace: string, verb: string, group: string, resource: string, name?: string): Promise<boolean>;
}

interface LeaseOptions {
  readonly api: Pick<Api, 'get' | 'patch'>;
  readonly resource: Resource<LeaseObject>;
  readonly name: string;
  /** Of this process and no other. */
  readonly identity: string;
  readonly permissions: LeaseRights;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 to 1, for the jitter. */
  readonly random?: () => number;
}

type State =
  | { readonly kind: 'contending'; readonly renewedMs: number | undefined }
  /** The Role, or the cluster, knows no leases: every replica works for itself. */
  | { readonly kind: 'unavailable' };

const verbs = ['get', 'create', 'patch'];
const lookMs = 5000;
const retryMs = 1500;
const requestTimeoutMs = 4000;
const releaseTimeoutMs = 2000;

/**
 * Which of the replicas does what is to be done once for all of them. Others may do it too for a moment, when this process
 * was stopped and wakes up again: what is done has to bear that.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #closing = new AbortController();
  #state: State = { kind: 'contending', renewedMs: undefined };
  #seen: LeaseSighting | undefined;
  /** What is in the cluster may be another one than was seen last. */
  #isSeenStale = true;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Contends for the lease until closed. */
  start(): void {
    this.#loop = this.#run();
  }

  /** True for the holder; true for everyone where there can be no lease. */
  mayCollectShared(): boolean {
    return this.#state.kind === 'unavailable' || isHeld(this.#state.renewedMs, this.#options.clock.now());
  }

  /** Lets another replica have it at once. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
    if (this.#state.kind === 'unavailable' || this.#state.renewedMs === undefined) return;
    this.#state = { kind: 'contending', renewedMs: undefined };
    const { api, resource, name, identity, clock, log } = this.#options;
    const signal = AbortSignal.timeout(releaseTimeoutMs);
    try {
      // A renewal may have been under way a moment ago.
      const lease = await api.get(resource, name, signal);
      if (lease?.holder === identity) await this.#write({ lease, sinceMs: clock.now() }, '', signal);
    } catch (thrown) {
      log.debug('lease is not released; it runs out', { error: toRunnerError(thrown) });
    }
  }

  async #run(): Promise<void> {
    const { clock, random = Math.random } = this.#options;
    const { signal } = this.#closing;
    const isAllowed = await unlessAborted(this.#isAllowed(), signal).catch(() => undefined);
    if (isAllowed === false) this.#giveUp('the Role does not allow it');
    while (!signal.aborted && this.#state.kind === 'contending') {
      const isWell = await this.#contend();
      const pauseMs = (isWell ? lookMs : retryMs) * (0.9 + random() * 0.2);
      if (this.#state.kind === 'contending') await clock.delay(pauseMs, signal).catch(() => undefined);
    }
  }

  async #isAllowed(): Promise<boolean> {
    const { permissions, resource, name } = this.#options;
    const { namespace, group } = resource;
    const answers = verbs.map(async (verb) => permissions.allows(namespace, verb, group, resource.name, name));
    return (await Promise.all(answers)).every(Boolean);
  }

  /** Looks, and takes or renews it if that may be. False when that failed. */
  async #contend(): Promise<boolean> {
    const { clock, identity } = this.#options;
    using limited = withTimeout(this.#closing.signal, requestTimeoutMs, 'renewing the lease');
    try {
      const seen = await this.#look(limited.signal);
      const nowMs = clock.now();
      if (mayTake(seen, identity, nowMs)) await this.#take(seen, nowMs, limited.signal);
      else this.#isSeenStale = true;
      return true;
    } catch (thrown) {
      this.#isSeenStale = true;
      this.#failed(thrown);
      return false;
    }
  }

  /** The holder knows what it wrote itself. */
  async #look(signal: AbortSignal): Promise<LeaseSighting> {
    const { api, resource, name, clock, identity, log } = this.#options;
    if (this.#seen !== undefined && !this.#isSeenStale) return this.#seen;
    const lease = await api.get(resource, name, signal);
    this.#seen = sighted(this.#seen, lease, clock.now());
    this.#isSeenStale = false;
    if (lease?.holder !== identity && this.#state.kind === 'contending' && this.#state.renewedMs !== undefined) {
      this.#state = { kind: 'contending', renewedMs: undefined };
      log.info('another replica tidies up from now on', { lease: name, holder: lease?.holder });
    }
    return this.#seen;
  }

  async #take(seen: LeaseSighting, nowMs: number, signal: AbortSignal): Promise<void> {
    const { identity, log, name } = this.#options;
    const isNew = this.#state.kind === 'contending' && this.#state.renewedMs === undefined;
    const written = await this.#write(seen, identity, signal);
    this.#seen = { lease: written, sinceMs: nowMs };
    this.#state = { kind: 'contending', renewedMs: nowMs };
    if (isNew) log.info('this replica tidies up from now on', { lease: name, before: seen.lease?.holder ?? '' });
  }

  async #write({ lease }: LeaseSighting, holder: string, signal: AbortSignal): Promise<LeaseObject> {
    const { api, resource, name, clock } = this.#options;
    const place = { namespace: resource.namespace, name };
    const body = leaseBody(place, lease, { holder, nowMs: clock.now(), durationMs: leaseDurationMs });
    return api.patch(resource, name, body, { type: 'apply', fieldManager: manager, force: true }, signal);
  }

  #failed(thrown: unknown): void {
    if (this.#closing.signal.aborted) return;
    const error = toRunnerError(thrown);
    if (isRefusal(thrown)) this.#giveUp(error.message);
    else this.#options.log.debug('lease is not renewed', { error });
  }

  #giveUp(reason: string): void {
    const { log, name, resource } = this.#options;
    this.#state = { kind: 'unavailable' };
    log.info('no lease: every replica tidies up', { lease: `${resource.namespace}/${name}`, reason });
  }
}

/** It would be refused again: then nobody would do what everybody leaves to the holder. */
function isRefusal(thrown: unknown): boolean {
  return (
    thrown instanceof ApiError &&
    thrown.status >= 400 &&
    thrown.status < 500 &&
    ![401, 409, 429].includes(thrown.status)
  );
}
