import type { Clock } from '../../core/clock.ts';
import { type RunnerError, toRunnerError } from '../../core/errors.ts';
import type { PodEndpoint } from '../pod-endpoint.ts';
import type { KnownPod } from './known-pod.ts';
import { Lease } from './lease.ts';
import { Link } from './link.ts';
import type { Waiter } from './waiter.ts';

/** What happens to a member, told to those who place calls on it. */
export interface MemberEvents {
  serves(member: Member): void;
  /** It will never serve. */
  fails(member: Member, error: RunnerError): void;
  /** It has an address and a started container, and its in-pod server did not answer for `waitedMs`. */
  isSilent(member: Member, waitedMs: number): void;
  /** A call or a waiter has left it. */
  isLighter(member: Member): void;
}

export interface MemberParts {
  /** Resolves with a connection whose in-pod server says SERVING. */
  readonly dial: (known: KnownPod, address: string, signal: AbortSignal) => Promise<PodEndpoint>;
  readonly events: MemberEvents;
  readonly clock: Clock;
  readonly podReadyTimeoutMs: number;
}

/** A pod that served and does not answer for so long is replaced. */
const silenceMs = 5000;

type State = 'starting' | 'serving' | 'retired';

/** The pod that serves one slot, from before it exists until the last call on it has ended. */
export class Member {
  readonly slot: number;
  readonly waiters = new Set<Waiter>();
  chosenAt = 0;
  readonly #parts: MemberParts;
  #state: State = 'starting';
  #known: KnownPod | undefined;
  #running = 0;
  #link: Link | undefined;
  #address = '';
  #dial: AbortController | undefined;
  #hasServed = false;
  #again = Promise.withResolvers<void>();

  constructor(slot: number, parts: MemberParts) {
    this.slot = slot;
    this.#parts = parts;
  }

  get state(): State {
    return this.#state;
  }

  /** Undefined while it is being created. */
  get known(): KnownPod | undefined {
    return this.#known;
  }

  /** Calls running there and waiting for it. */
  get load(): number {
    return this.#running + this.waiters.size;
  }

  get hasServed(): boolean {
    return this.#hasServed;
  }

  /** The last thing that the status said. */
  get lastMessage(): string {
    const verdict = this.#known?.verdict;
    if (verdict === undefined) return 'the pod is being created';
    if (verdict.kind === 'dialable') return 'its in-pod server does not answer yet';
    if (verdict.kind !== 'starting') return verdict.kind;
    return [verdict.reason, verdict.message].filter((part) => part !== '').join(': ');
  }

  /** Takes in what the pod's status says now. */
  observe(known: KnownPod): void {
    this.#known = known;
    if (this.#state === 'retired') return;
    const { verdict } = known;
    if (verdict.kind === 'starting') this.#suspend();
    if (verdict.kind !== 'dialable') return;
    if (verdict.address !== this.#address) this.#suspend();
    this.#address = verdict.address;
    if (this.#state === 'starting') this.#startDial(known, verdict.address);
  }

  /** Of a serving member only. */
  lease(known: KnownPod, link: Link): Lease {
    this.#running += 1;
    link.take();
    return new Lease({
      known,
      endpoint: link.endpoint,
      release: () => {
        this.#running -= 1;
        link.give();
        this.#parts.events.isLighter(this);
      },
      lose: async () => this.#lose(link),
    });
  }

  /** Undefined unless it serves. */
  tryLease(): Lease | undefined {
    if (this.#state !== 'serving' || this.#known === undefined || this.#link === undefined) return undefined;
    return this.lease(this.#known, this.#link);
  }

  leave(waiter: Waiter): void {
    if (this.waiters.delete(waiter)) this.#parts.events.isLighter(this);
  }

  /** No more calls; those that run end by themselves. Gives the waiters that have to go elsewhere. */
  retire(): readonly Waiter[] {
    this.#suspend();
    this.#state = 'retired';
    const waiters = [...this.waiters];
    this.waiters.clear();
    return waiters;
  }

  /** Another call may have been lost on the same connection before, and a new one may be there already. */
  async #lose(link: Link): Promise<void> {
    if (this.#link === link) {
      this.#suspend();
      if (this.#known !== undefined) this.observe(this.#known);
    }
    if (this.#state === 'serving') return;
    await this.#again.promise;
  }

  #suspend(): void {
    this.#dial?.abort();
    this.#dial = undefined;
    this.#link?.retire();
    this.#link = undefined;
    if (this.#state === 'serving') this.#state = 'starting';
  }

  #startDial(known: KnownPod, address: string): void {
    if (this.#dial !== undefined) return;
    const dial = new AbortController();
    this.#dial = dial;
    const { clock, events, podReadyTimeoutMs } = this.#parts;
    const patienceMs = this.#hasServed ? Math.min(silenceMs, podReadyTimeoutMs) : podReadyTimeoutMs;
    this.#connect(known, address, dial)
      .catch((thrown: unknown) => {
        if (!dial.signal.aborted) events.fails(this, toRunnerError(thrown));
      })
      .finally(() => {
        dial.abort();
      });
    clock.delay(patienceMs, dial.signal).then(
      () => {
        if (this.#dial !== dial || this.#state !== 'starting') return;
        events.isSilent(this, patienceMs);
      },
      () => undefined,
    );
  }

  async #connect(known: KnownPod, address: string, dial: AbortController): Promise<void> {
    const endpoint = await this.#parts.dial(known, address, dial.signal);
    if (dial.signal.aborted) {
      endpoint.close();
      return;
    }
    this.#dial = undefined;
    this.#link = new Link(endpoint);
    this.#state = 'serving';
    this.#hasServed = true;
    this.#again.resolve();
    this.#again = Promise.withResolvers();
    this.#parts.events.serves(this);
  }
}
