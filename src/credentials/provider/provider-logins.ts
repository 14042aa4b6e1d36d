import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import type { Log } from '../../core/log.ts';
import { SingleFlight } from '../../core/single-flight.ts';
import type { ProgramTurns } from '../program/program-turns.ts';
import { runProgram } from '../program/run-program.ts';
import { AnswerMemory } from './answer-memory.ts';
import { type Given, imageText, type ProvidedImage, scopeOf, scopesOf } from './given.ts';
import { type CacheKeyType, type ProviderAnswer, readProviderAnswer } from './provider-answer.ts';
import type { Provider } from './provider-config.ts';

export interface ProviderLoginsOptions {
  /** Absolute path of the folder of the programs. */
  readonly binDir: string;
  /** What programs get of our environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Shared by all providers. */
  readonly turns: ProgramTurns;
  /** Milliseconds of a Go duration. */
  readonly parseDuration: (text: string) => number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  /** How long one run may take. Default 10,000; the kubelet gives a minute. */
  readonly timeoutMs?: number;
}

export interface Told {
  readonly given: Given;
  /** It has to be asked for anew before it is of use to a registry. */
  readonly isOld: boolean;
}

interface AskOptions {
  readonly signal: AbortSignal | undefined;
  readonly remembered: boolean;
}

type Answered = Extract<ProviderAnswer, { kind: 'answer' }>;

/** Asked for anew before its end, so that what a pod is given lives on for a while. */
const freshShare = 0.8;
const failureMs = 5_000;
/** A login that was given again after it had been refused is not asked about again at once. */
const refusedAgainMs = 60_000;
const maxRefused = 100;

/**
 * What one provider answers, kept by the rules of the kubelet: for the image, its registry or all images, as the answer
 * says, as long as it says, else as long as the configuration says; for no time where that is 0. All who ask at the same
 * time for what one answer may cover share one run.
 */
export class ProviderLogins {
  readonly provider: Provider;
  readonly #options: ProviderLoginsOptions;
  readonly #memory: AnswerMemory;
  readonly #flights = new SingleFlight<Given>();
  readonly #refused = new Map<string, number>();
  /** That of the latest answer, which the next one will probably have, too. */
  #type: CacheKeyType | undefined;

  constructor(provider: Provider, options: ProviderLoginsOptions) {
    this.provider = provider;
    this.#options = options;
    this.#memory = new AnswerMemory(options.clock);
  }

  /**
   * @param options.remembered what was said before will do, whether or not it still counts
   * @throws RunnerError the signal's reason when it aborts; a provider that fails is an answer
   */
  async get(image: ProvidedImage, { signal, remembered }: AskOptions): Promise<Told> {
    for (;;) {
      const held = remembered ? this.#memory.last(image) : this.#memory.find(image);
      const isOld = held !== undefined && this.#options.clock.now() >= held.freshUntilMs;
      if (held !== undefined && (remembered || !isOld)) return { given: held.given, isOld };
      // Before the first answer nobody knows whom it will cover, so all wait for it.
      const flight = this.#type === undefined ? 'first' : scopeOf(this.#type, image);
      const given = await this.#flights.run(flight, signal, async (shared) => this.#ask(image, shared));
      if (scopesOf(image).includes(given.scope)) return { given, isOld: false };
    }
  }

  /**
   * The registry did not let a login of this answer in: the provider is run once more for the next question.
   *
   * @param fingerprint of the login
   */
  refused(given: Given, fingerprint: string): void {
    const nowMs = this.#options.clock.now();
    const lastMs = this.#refused.get(fingerprint) ?? -Infinity;
    if (nowMs - lastMs < refusedAgainMs || !this.#memory.end(given)) return;
    this.#refused.delete(fingerprint);
    this.#refused.set(fingerprint, nowMs);
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > maxRefused && oldest !== undefined) this.#refused.delete(oldest);
  }

  async #ask(image: ProvidedImage, signal: AbortSignal): Promise<Given> {
    const { binDir, counters, environment, parseDuration, timeoutMs = 10_000, turns } = this.#options;
    const { apiVersion, args, env, name } = this.provider;
    const request = { kind: 'CredentialProviderRequest', apiVersion, image: imageText(image) };
    const call = {
      program: join(binDir, name),
      args,
      stdin: `${JSON.stringify(request)}\n`,
      environment: { ...environment, ...env },
    };
    const run = await turns.run(signal, async () => runProgram(call, { timeoutMs, signal }));
    const answer = readProviderAnswer(run, { apiVersion, parseDuration });
    counters.add('credential_provider_runs', { provider: name, outcome: outcomeOf(answer) });
    return answer.kind === 'failed' ? this.#keepLiving(image, answer) : this.#accept(image, answer);
  }

  #accept(image: ProvidedImage, answer: Answered): Given {
    const lifeMs = answer.cacheMs ?? this.provider.defaultCacheMs;
    const nowMs = this.#options.clock.now();
    this.#type = answer.cacheKeyType;
    const scope = scopeOf(answer.cacheKeyType, image);
    const endsAtMs = nowMs + Math.max(0, lifeMs);
    const given = { scope, answer, endsAtMs: lifeMs > 0 ? endsAtMs : undefined };
    this.#memory.hold({ given, freshUntilMs: nowMs + (endsAtMs - nowMs) * freshShare, endsAtMs });
    return given;
  }

  /** An answer that has not ended yet stands in for one that could not be had. */
  #keepLiving(image: ProvidedImage, answer: Extract<ProviderAnswer, { kind: 'failed' }>): Given {
    const { clock, log } = this.#options;
    log.warn('image credential provider failed', {
      provider: this.provider.name,
      image: imageText(image),
      reason: answer.reason,
    });
    const againMs = clock.now() + failureMs;
    this.#type ??= 'Image';
    const before = this.#memory.find(image);
    if (before?.given.answer.kind === 'answer') {
      this.#memory.hold({ ...before, freshUntilMs: againMs });
      return before.given;
    }
    const given = { scope: scopeOf(this.#type, image), answer, endsAtMs: undefined };
    this.#memory.hold({ given, freshUntilMs: againMs, endsAtMs: againMs });
    return given;
  }
}

function outcomeOf(answer: ProviderAnswer): string {
  if (answer.kind === 'failed') return 'failed';
  return answer.entries.length === 0 ? 'none' : 'login';
}
