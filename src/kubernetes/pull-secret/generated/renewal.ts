import type { Clock } from '../../../core/clock.ts';
import { toRunnerError } from '../../../core/errors.ts';
import type { Log } from '../../../core/log.ts';
import { withTimeout } from '../../../core/abort.ts';
import type { ImageName } from '../../../credentials/credential-source.ts';
import { dueAtMs, type Term } from './term.ts';

interface RenewalOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Time between two looks. */
  readonly checkIntervalMs: number;
  /** Undefined for a secret that is not there, or whose login is not a program's. */
  readonly termOf: (name: string) => (Term & { readonly image: ImageName }) | undefined;
  readonly renew: (name: string, image: ImageName, signal: AbortSignal) => Promise<void>;
}

const renewTimeoutMs = 30_000;
/** A login that could not be renewed, or came back as it was, is not asked for again at once. */
const minPauseMs = 1000;
const maxPauseMs = 60_000;

/** Renews logins that come to their end while pods use their secrets. */
export class Renewal {
  readonly #options: RenewalOptions;
  readonly #closing = new AbortController();
  #used: ReadonlySet<string> = new Set();
  /** Those that pods were created with since it was last told what pods use. */
  readonly #noted = new Set<string>();
  readonly #pauses = new Map<string, { readonly pauseMs: number; readonly untilMs: number }>();
  readonly #running = new Set<string>();
  #isInCharge = false;
  #isRunning = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /** A pod is about to be created with the secret. */
  note(name: string): void {
    this.#noted.add(name);
    this.#start();
  }

  /** Which secrets pods use, and whether it is for this replica to renew them. */
  inUse(used: ReadonlySet<string>, isInCharge: boolean): void {
    this.#used = used;
    this.#isInCharge = isInCharge;
    this.#noted.clear();
    for (const name of this.#pauses.keys()) if (!used.has(name)) this.#pauses.delete(name);
    if (isInCharge && [...used].some((name) => this.#options.termOf(name) !== undefined)) this.#start();
  }

  isDue(name: string): boolean {
    const term = this.#options.termOf(name);
    return term !== undefined && this.#options.clock.now() >= dueAtMs(term);
  }

  close(): void {
    this.#closing.abort();
  }

  #start(): void {
    if (this.#isRunning || this.#closing.signal.aborted) return;
    this.#isRunning = true;
    this.#run().catch((thrown: unknown) => {
      this.#options.log.error('pull secrets are no longer renewed', { error: toRunnerError(thrown).message });
    });
  }

  /** For as long as there is anything to renew. */
  async #run(): Promise<void> {
    const { clock, checkIntervalMs } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted && this.#names().length > 0) {
      await clock.delay(checkIntervalMs, signal).catch(() => undefined);
      if (this.#isInCharge) for (const name of this.#names()) this.#begin(name);
    }
    this.#isRunning = false;
  }

  #names(): readonly string[] {
    const names = new Set([...this.#used, ...this.#noted]);
    return [...names].filter((name) => this.#options.termOf(name) !== undefined);
  }

  /** A program that is silent keeps none of the others waiting. */
  #begin(name: string): void {
    const { clock, termOf } = this.#options;
    const term = termOf(name);
    if (this.#closing.signal.aborted || term === undefined || this.#running.has(name) || !this.isDue(name)) return;
    if (clock.now() < (this.#pauses.get(name)?.untilMs ?? 0)) return;
    this.#running.add(name);
    this.#renew(name, term.image).catch((thrown: unknown) => {
      this.#options.log.error('pull secret not renewed', { secret: name, error: toRunnerError(thrown).message });
    });
  }

  async #renew(name: string, image: ImageName): Promise<void> {
    const { renew, log } = this.#options;
    const { signal } = this.#closing;
    using limited = withTimeout(signal, renewTimeoutMs, 'renewing a pull secret');
    try {
      await renew(name, image, limited.signal);
    } catch (thrown) {
      if (!signal.aborted) log.warn('pull secret not renewed', { secret: name, error: toRunnerError(thrown).message });
    }
    this.#running.delete(name);
    if (this.isDue(name)) this.#pause(name);
    else this.#pauses.delete(name);
  }

  #pause(name: string): void {
    const pauseMs = Math.min(maxPauseMs, 2 * (this.#pauses.get(name)?.pauseMs ?? minPauseMs / 2));
    this.#pauses.set(name, { pauseMs, untilMs: this.#options.clock.now() + pauseMs });
  }
}
