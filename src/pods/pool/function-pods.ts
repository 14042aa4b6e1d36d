import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import { abortError } from '../../core/deadline.ts';
import { type RunnerError, toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { PodEndpoint } from '../pod-endpoint.ts';
import type { PodPlan } from '../pod-plan.ts';
import { awaitLease } from './await-lease.ts';
import { freeSlot, leastLoaded, wantsAnotherPod } from './choose.ts';
import type { KnownPod } from './known-pod.ts';
import type { Launched } from './launcher.ts';
import type { Lease } from './lease.ts';
import { Member, type MemberEvents } from './member.ts';
import type { IndexChange, PodIndex } from './pod-index.ts';
import { closedError, pendingError, vanishedError } from './pool-errors.ts';
import { PullRenewal } from './pull-renewal.ts';
import { RecentFailure } from './recent-failure.ts';
import { Roster } from './roster.ts';
import { Waiter } from './waiter.ts';

/** The part of the pool that the pods of one function need. */
interface FunctionPodsParts {
  readonly index: PodIndex;
  readonly launch: (plan: PodPlan, slot: number) => Promise<Launched>;
  readonly dial: (plan: PodPlan, known: KnownPod, address: string, signal: AbortSignal) => Promise<PodEndpoint>;
  /** A call has left the pod. */
  readonly isLighter: (known: KnownPod) => void;
  readonly podReadyTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
}

/** Pods that one call may wait for and that go before they serve. */
const maxMoves = 3;

/** The pods of one key: places calls on them, adds pods, and moves waiting calls when pods come and go. */
export class FunctionPods {
  readonly #parts: FunctionPodsParts;
  readonly #roster = new Roster();
  readonly #events: MemberEvents;
  readonly #renewal: PullRenewal<Member>;
  #plan: PodPlan;
  readonly #failure: RecentFailure;
  #isClosed = false;

  constructor(plan: PodPlan, parts: FunctionPodsParts) {
    this.#plan = plan;
    this.#parts = parts;
    this.#renewal = new PullRenewal(parts.clock, parts.log);
    this.#failure = new RecentFailure(parts.clock);
    this.#events = {
      serves: (member) => {
        this.#serves(member);
      },
      fails: (member, error) => {
        this.#fail(member, error, 'serving');
        // Trouble with the API server says nothing about the pod, which others may be using.
        if (!error.code.startsWith('CLUSTER_')) this.#condemn(member, 'failed', !member.hasServed);
      },
      isSilent: (member, waitedMs) => {
        this.#silent(member, waitedMs);
      },
      isLighter: (member) => {
        this.#roster.lighten(member);
        if (member.known !== undefined) parts.isLighter(member.known);
      },
    };
  }

  get plan(): PodPlan {
    return this.#plan;
  }

  get isUnused(): boolean {
    return this.#roster.isUnused;
  }

  get isServing(): boolean {
    return this.#roster.serving.length > 0;
  }

  /** Calls of this process on the pod, running and waiting. */
  loadOf(uid: string): number {
    return this.#roster.loadOf(uid);
  }

  /**
   * A pod for one call: at once when one serves, else as soon as one does.
   *
   * @param avoidUid a pod to be used only when there is no other
   * @throws {RunnerError} why no pod can serve (`POD_*`, `CLUSTER_*`), `POD_PENDING` after `--pod-ready-timeout`, and why
   *   `signal` aborted
   */
  async acquire(plan: PodPlan, signal: AbortSignal, avoidUid = ''): Promise<Lease> {
    if (signal.aborted) throw abortError(signal);
    if (this.#isClosed) throw closedError();
    this.#plan = plan;
    this.#fitToPlan();
    const loads = this.#roster.members.map((member) => member.load);
    if (wantsAnotherPod(loads, plan)) this.#grow();
    return this.#roster.lease(avoidUid) ?? (await this.#wait(signal, avoidUid));
  }

  /** A pod of this key has changed, came or went. */
  changed({ known, isGone }: IndexChange): void {
    if (this.#isClosed) return;
    const member = this.#roster.get(known.slot);
    if (member?.known?.uid === known.uid) this.#judge(member, known, isGone);
    this.#adopt(known.slot);
  }

  close(): void {
    this.#isClosed = true;
    for (const member of this.#roster.members) {
      for (const waiter of this.#roster.retire(member)) waiter.fail(closedError());
    }
  }

  get #maxPods(): number {
    return Math.max(this.#plan.maxPods, 1);
  }

  /** Takes up what runs already, and leaves the slots that there are too many of to their time to live. */
  #fitToPlan(): void {
    for (let slot = 0; slot < this.#maxPods; slot += 1) if (this.#roster.get(slot) === undefined) this.#adopt(slot);
    for (const member of this.#roster.members) {
      if (member.slot < this.#maxPods) continue;
      for (const waiter of this.#roster.retire(member)) this.#place(waiter);
    }
  }

  /** Makes the eldest usable pod of a slot its member. */
  #adopt(slot: number): void {
    if (slot < 0 || slot >= this.#maxPods) return;
    const holder = this.#parts.index.holder(this.#plan.key, slot);
    const before = this.#roster.get(slot);
    if (holder === undefined || before?.known?.uid === holder.uid) return;
    if (before !== undefined && before.known === undefined) {
      before.observe(holder);
      return;
    }
    const waiters = before === undefined ? [] : this.#roster.retire(before);
    this.#enroll(slot).observe(holder);
    for (const waiter of waiters) this.#place(waiter);
  }

  #judge(member: Member, known: KnownPod, isGone: boolean): void {
    const { verdict, draining, uid } = known;
    // A pod that has served is replaced whatever ended it: the calls that wait now are not to blame.
    if (verdict.kind === 'hopeless' && !member.hasServed) {
      this.#renewal.attempt(member, verdict.error, this.#plan, (isRenewed) => {
        if (!isRenewed) this.#fail(member, verdict.error, 'serving');
        else if (member.state !== 'retired') this.#vanish(member, known.name);
      });
      return;
    }
    const isOut = isGone || draining !== undefined || this.#parts.index.condemned(uid) !== undefined;
    if (isOut || verdict.kind === 'hopeless' || verdict.kind === 'ended') this.#vanish(member, known.name);
    else member.observe(known);
  }

  /** The pod takes no calls any more, and its waiters go elsewhere. */
  #vanish(member: Member, podName: string): void {
    const waiters = this.#roster.retire(member);
    this.#adopt(member.slot);
    // Several may go at once, as when a template changes: what counts is that all have gone.
    if (this.#roster.isEmpty) for (const waiter of waiters) waiter.moves += 1;
    for (const waiter of waiters) {
      if (waiter.moves > maxMoves) waiter.fail(vanishedError({ image: this.#plan.image, podName }));
      else this.#place(waiter);
    }
  }

  /** The pod never will take calls. Its waiters are told so, unless there is another one for them. */
  #fail(member: Member, error: RunnerError, elsewhere: 'serving' | 'any'): void {
    const { log, counters } = this.#parts;
    if (this.#isClosed || member.state === 'retired') return;
    this.#failure.note(error);
    counters.add('pod_starts', { outcome: error.code });
    log.warn('function pod failed', { image: this.#plan.image, pod: member.known?.name, slot: member.slot, error });
    const waiters = this.#roster.retire(member);
    const isThereAnother = this.isServing || (elsewhere === 'any' && !this.#roster.isEmpty);
    for (const waiter of waiters) {
      if (isThereAnother) this.#place(waiter);
      else waiter.fail(error);
    }
  }

  /** A pod that served before is replaced; one that never did has failed. */
  #silent(member: Member, waitedMs: number): void {
    if (!member.hasServed) {
      const named = { image: this.#plan.image, podName: member.known?.name ?? '' };
      this.#fail(member, pendingError(named, waitedMs, member.lastMessage), 'any');
    }
    this.#condemn(member, 'silent', false);
  }

  #condemn(member: Member, reason: string, atOnce: boolean): void {
    if (member.known !== undefined) this.#parts.index.condemn(member.known.uid, { reason, atOnce });
  }

  #serves(member: Member): void {
    this.#parts.log.info('function pod serves', { image: this.#plan.image, pod: member.known?.name });
    for (const waiter of member.waiters) this.#grant(waiter, member, member);
    for (const other of this.#roster.members) {
      if (other.state !== 'starting') continue;
      for (const waiter of other.waiters) {
        if (member.load >= this.#plan.maxWaitlist) return;
        this.#grant(waiter, other, member);
      }
    }
  }

  #enroll(slot: number): Member {
    const { clock, podReadyTimeoutMs, dial } = this.#parts;
    const member = new Member(slot, {
      clock,
      podReadyTimeoutMs,
      dial: async (known, address, signal) => dial(this.#plan, known, address, signal),
      events: this.#events,
    });
    this.#roster.set(member);
    this.#renewal.enrolled(member);
    return member;
  }

  /** Starts a pod for a free slot, unless there is none or the last pod failed a moment ago. */
  #grow(): void {
    const slot = freeSlot(this.#roster.slots, this.#maxPods);
    if (slot === undefined || this.#isClosed || this.#failure.error !== undefined) return;
    const member = this.#enroll(slot);
    const { index } = this.#parts;
    this.#launch(member, this.#plan).catch((thrown: unknown) => {
      const error = toRunnerError(thrown);
      // A pod that was silent may answer again, and nobody can give another.
      if (error.code === 'CLUSTER_UNAVAILABLE') index.pardon(this.#plan.key, slot);
      if (member.known === undefined) this.#fail(member, error, 'any');
    });
  }

  async #launch(member: Member, plan: PodPlan): Promise<void> {
    const { log, counters, index, launch } = this.#parts;
    const { pod, isShared } = await launch(plan, member.slot);
    const { name, uid } = pod.metadata;
    counters.add('pod_starts', { outcome: isShared ? 'shared' : 'created' });
    log.info('function pod started', { image: plan.image, pod: name, slot: member.slot, isShared });
    index.accept(pod);
    if (this.#isClosed || member.known !== undefined || member.state === 'retired') return;
    // It went, or failed, before we were told that it came.
    const known = index.get(uid);
    if (known !== undefined) member.observe(known);
    if (known === undefined) this.#vanish(member, name);
    else this.changed({ known, isGone: false });
  }

  async #wait(signal: AbortSignal, avoidUid: string): Promise<Lease> {
    const waiter = new Waiter(avoidUid);
    const { clock, podReadyTimeoutMs } = this.#parts;
    return await awaitLease(waiter, {
      clock,
      signal,
      timeoutMs: podReadyTimeoutMs,
      place: () => {
        this.#place(waiter);
      },
      leave: () => {
        this.#roster.waitedFor(waiter)?.leave(waiter);
      },
      describe: () => {
        const member = this.#roster.waitedFor(waiter);
        const lastMessage = member?.lastMessage ?? 'no pod has been started';
        return { image: this.#plan.image, podName: member?.known?.name ?? '', lastMessage };
      },
    });
  }

  /** On a pod that serves, else on one that starts, else on a new one. */
  #place(waiter: Waiter): void {
    if (waiter.isSettled) return;
    const lease = this.#roster.lease(waiter.avoidUid);
    if (lease !== undefined) {
      waiter.grant(lease);
      return;
    }
    if (this.#roster.isEmpty) this.#grow();
    const member = leastLoaded(this.#roster.members);
    if (member === undefined) waiter.fail(this.#failure.error ?? closedError());
    else member.waiters.add(waiter);
  }

  #grant(waiter: Waiter, from: Member, to: Member): void {
    const lease = to.tryLease();
    if (lease === undefined) return;
    from.waiters.delete(waiter);
    waiter.grant(lease);
  }
}
