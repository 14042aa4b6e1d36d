import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import type { Log } from '../../core/log.ts';
import { SingleFlight } from '../../core/single-flight.ts';
import type { Login } from '../candidate.ts';
import { programEnvironment } from '../program/program-environment.ts';
import { ProgramTurns } from '../program/program-turns.ts';
import { type HelperAnswer, readHelperAnswer } from './helper-answer.ts';
import { type HelperQuestion, runHelper } from './run-helper.ts';

export interface HelperLoginsOptions {
  /** Ours; helpers get what they need of it. */
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  /** How long one run may take. Default 10,000. */
  readonly timeoutMs?: number;
}

interface Held {
  readonly answer: HelperAnswer;
  /** When the helper gave it. */
  readonly givenAtMs: number;
  readonly untilMs: number;
  /** A registry did not let it in. */
  readonly isRefused?: true;
  /** The login that it gave last, where the answer is that it failed. */
  readonly lastLogin?: HelperAnswer | undefined;
}

/** Short enough for tokens, which registries issue for an hour or less. */
const freshMs = 5 * 60_000;
const failureMs = 5_000;
/** A login that worked stands in for a helper that fails, since tokens live on: asked again after, and given up after. */
const standInMs = 60_000;
const maxStandInAgeMs = 60 * 60_000;
const maxEntries = 1_000;
const maxRunning = 8;

/**
 * What credential helpers answer. An answer counts for five minutes, "no credentials" too, a failure for five seconds;
 * all who ask at the same time share one run.
 */
export class HelperLogins {
  readonly #options: HelperLoginsOptions;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #held = new Map<string, Held>();
  readonly #flights = new SingleFlight<HelperAnswer>();
  readonly #turns = new ProgramTurns(maxRunning);

  constructor(options: HelperLoginsOptions) {
    this.#options = options;
    this.#environment = programEnvironment(options.environment);
  }

  /** @throws RunnerError the signal's reason when it aborts; a helper that fails is an answer */
  async get(question: HelperQuestion, signal: AbortSignal | undefined): Promise<HelperAnswer> {
    const key = keyOf(question);
    const held = this.#held.get(key);
    if (held !== undefined && this.#options.clock.now() < held.untilMs) return held.answer;
    return this.#flights.run(key, signal, async (flight) => this.#ask(question, flight));
  }

  /** What it said last, the login before a failure, whether or not that still counts; undefined for nothing. */
  last(question: HelperQuestion): { readonly answer: HelperAnswer; readonly isOld: boolean } | undefined {
    const held = this.#held.get(keyOf(question));
    if (held === undefined) return undefined;
    if (held.lastLogin !== undefined) return { answer: held.lastLogin, isOld: true };
    return { answer: held.answer, isOld: this.#options.clock.now() >= held.untilMs };
  }

  /** The registry did not let this login in: the helper is asked again the next time. */
  refused(question: HelperQuestion, login: Login): void {
    const key = keyOf(question);
    const held = this.#held.get(key);
    if (held?.answer.kind !== 'login' || held.answer.login !== login) return;
    this.#held.set(key, { ...held, untilMs: -Infinity, isRefused: true });
  }

  async #ask(question: HelperQuestion, signal: AbortSignal): Promise<HelperAnswer> {
    const { clock, counters, log, timeoutMs = 10_000 } = this.#options;
    const run = async () => runHelper(question, this.#environment, { timeoutMs, signal });
    const answer = readHelperAnswer(await this.#turns.run(signal, run));
    counters.add('credential_helper_runs', { outcome: answer.kind });
    const givenAtMs = clock.now();
    if (answer.kind !== 'failed') return this.#hold(question, { answer, givenAtMs, untilMs: givenAtMs + freshMs });
    const { name: helper, server } = question;
    log.warn('credential helper failed', { helper, server, reason: answer.reason });
    return this.#hold(question, this.#insteadOf(answer, this.#held.get(keyOf(question))));
  }

  #insteadOf(failure: HelperAnswer, before: Held | undefined): Held {
    const nowMs = this.#options.clock.now();
    const isLogin = before?.answer.kind === 'login';
    if (isLogin && before.isRefused !== true && nowMs - before.givenAtMs < maxStandInAgeMs) {
      return { ...before, untilMs: nowMs + standInMs };
    }
    const lastLogin = isLogin ? before.answer : before?.lastLogin;
    return { answer: failure, givenAtMs: nowMs, untilMs: nowMs + failureMs, lastLogin };
  }

  #hold(question: HelperQuestion, held: Held): HelperAnswer {
    const key = keyOf(question);
    this.#held.delete(key);
    this.#held.set(key, held);
    const [oldest] = this.#held.keys();
    if (this.#held.size > maxEntries && oldest !== undefined) this.#held.delete(oldest);
    return held.answer;
  }
}

function keyOf({ name, server }: HelperQuestion): string {
  return `${name} ${server}`;
}
