import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';

export interface WarmUpOptions {
  /** Every image that has to have a serving pod, as of now. */
  readonly images: () => readonly string[];
  /** Called back whenever `images` may give something else. Returns what ends it. */
  readonly onChange: (listener: () => void) => () => void;
  /** Sees to it that one pod of the image serves. */
  readonly warm: (image: string, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

/** So many pods are started at a time: warming up must not crowd out calls. */
const atOnce = 4;

/** Starts the pods of configured images ahead, at start and when the configuration changes. A failure is logged and no more. */
export class WarmUp {
  readonly #options: WarmUpOptions;
  readonly #closing = new AbortController();
  #unsubscribe: (() => void) | undefined;
  #round: Promise<void> | undefined;
  #again = false;

  constructor(options: WarmUpOptions) {
    this.#options = options;
  }

  start(): void {
    this.#unsubscribe = this.#options.onChange(() => {
      this.#request();
    });
    this.#request();
  }

  async close(): Promise<void> {
    this.#unsubscribe?.();
    this.#closing.abort();
    await this.#round;
  }

  #request(): void {
    if (this.#closing.signal.aborted) return;
    if (this.#round !== undefined) {
      this.#again = true;
      return;
    }
    this.#round = this.#rounds().finally(() => {
      this.#round = undefined;
    });
  }

  async #rounds(): Promise<void> {
    do {
      this.#again = false;
      const waiting = [...new Set(this.#options.images())];
      await Promise.all(Array.from({ length: atOnce }, async () => this.#work(waiting)));
    } while (this.#again && !this.#closing.signal.aborted);
  }

  async #work(waiting: string[]): Promise<void> {
    for (let image = waiting.shift(); image !== undefined; image = waiting.shift()) {
      if (this.#closing.signal.aborted) return;
      await this.#warm(image);
    }
  }

  async #warm(image: string): Promise<void> {
    const { log, warm } = this.#options;
    try {
      await warm(image, this.#closing.signal);
      log.info('function pod is warm', { image });
    } catch (thrown) {
      if (this.#closing.signal.aborted) return;
      log.warn('function pod cannot be started ahead', { image, error: toRunnerError(thrown) });
    }
  }
}
