import { leastLoaded } from './choose.ts';
import type { Lease } from './lease.ts';
import type { Member } from './member.ts';
import type { Waiter } from './waiter.ts';

/** Which pod serves which slot, and the pods that only finish what they run. */
export class Roster {
  readonly #members = new Map<number, Member>();
  readonly #retired = new Set<Member>();
  #choices = 0;

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  get slots(): ReadonlySet<number> {
    return new Set(this.#members.keys());
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  get serving(): readonly Member[] {
    return this.members.filter((member) => member.state === 'serving');
  }

  /** There is nothing here, nor does anything still run. */
  get isUnused(): boolean {
    return this.isEmpty && this.#retired.size === 0;
  }

  get(slot: number): Member | undefined {
    return this.#members.get(slot);
  }

  set(member: Member): void {
    this.#members.set(member.slot, member);
  }

  /** Calls on the pod, running and waiting. */
  loadOf(uid: string): number {
    return [...this.members, ...this.#retired]
      .filter((member) => member.known?.uid === uid)
      .reduce((sum, member) => sum + member.load, 0);
  }

  /** A lease on the least loaded pod that serves; on `avoidUid` only when there is no other. */
  lease(avoidUid: string): Lease | undefined {
    const serving = this.serving;
    const others = serving.filter((member) => member.known?.uid !== avoidUid);
    const member = leastLoaded(others.length > 0 ? others : serving);
    if (member === undefined) return undefined;
    this.#choices += 1;
    member.chosenAt = this.#choices;
    return member.tryLease();
  }

  /** Takes the member out of its slot and gives the calls that waited for it. */
  retire(member: Member): readonly Waiter[] {
    const waiters = member.retire();
    if (this.#members.get(member.slot) === member) this.#members.delete(member.slot);
    if (member.load > 0) this.#retired.add(member);
    return waiters;
  }

  /** To be told when a call has left a member. */
  lighten(member: Member): void {
    if (member.load === 0) this.#retired.delete(member);
  }

  waitedFor(waiter: Waiter): Member | undefined {
    return this.members.find((member) => member.waiters.has(waiter));
  }
}
