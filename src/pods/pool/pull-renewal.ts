import type { Clock } from '../../core/clock.ts';
import { type Log, silentLog } from '../../core/log.ts';
import { type RunnerError, toRunnerError } from '../../core/errors.ts';
import type { PodPlan } from '../pod-plan.ts';

/** Credentials that are good are not looked after for each pod that is refused. */
const pauseMs = 60_000;
const timeoutMs = 15_000;

/** For pods whose images a node was refused: their credentials may have ended in between, and others be there by now. */
export class PullRenewal<Member extends object> {
  readonly #clock: Clock;
  readonly #log: Log;
  /** How often the credentials had been renewed when a member was enrolled. */
  readonly #enrolledAt = new WeakMap<Member, number>();
  readonly #pending = new WeakSet<Member>();
  #renewals = 0;
  #asking: Promise<boolean> | undefined;
  #askedMs = -Infinity;

  constructor(clock: Clock, log: Log = silentLog) {
    this.#clock = clock;
    this.#log = log;
  }

  enrolled(member: Member): void {
    this.#enrolledAt.set(member, this.#renewals);
  }

  /**
   * Looks after the credentials of a member that failed with that error.
   *
   * @param decide is told whether another pod would get other ones
   */
  attempt(member: Member, error: RunnerError, plan: PodPlan, decide: (isRenewed: boolean) => void): void {
    if (this.#pending.has(member)) return;
    const isOutdated = (this.#enrolledAt.get(member) ?? 0) < this.#renewals;
    const mayAsk = this.#asking !== undefined || this.#clock.now() - this.#askedMs >= pauseMs;
    if (error.code !== 'POD_PULL_DENIED' || plan.renew === undefined || !(isOutdated || mayAsk)) {
      decide(false);
      return;
    }
    this.#pending.add(member);
    const asked = isOutdated ? Promise.resolve(true) : this.#ask(plan);
    asked.then(
      (isRenewed) => {
        this.#pending.delete(member);
        decide(isRenewed);
      },
      () => undefined,
    );
  }

  async #ask(plan: PodPlan): Promise<boolean> {
    this.#asking ??= this.#askOnce(plan).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askOnce(plan: PodPlan): Promise<boolean> {
    this.#askedMs = this.#clock.now();
    try {
      const isRenewed = (await plan.renew?.(AbortSignal.timeout(timeoutMs))) ?? false;
      if (isRenewed) this.#renewals += 1;
      return isRenewed;
    } catch (thrown) {
      this.#log.warn('credentials of refused pods not renewed', { image: plan.image, error: toRunnerError(thrown) });
      return false;
    }
  }
}
