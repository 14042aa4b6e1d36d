import type { Clock } from '../../core/clock.ts';
import { noteDeadline } from '../../core/deadline.ts';
import type { RunnerError } from '../../core/errors.ts';

const maxMissed = 3;

interface LivenessOptions {
  /** Between two looks. */
  readonly intervalMs: number;
  /** One short question to the pod; rejects when there is no answer within a time of its own. */
  readonly check: (signal: AbortSignal) => Promise<void>;
  readonly lost: (reason: string) => RunnerError;
  readonly clock: Clock;
}

/**
 * Notices a pod that died silently while calls wait for it: its node is gone, or packets are dropped. Asks for health, not
 * by pings of HTTP/2: gRPC servers end connections that ping more often than they allow, Porch's more than every five minutes.
 */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #waiting = new Set<AbortController>();
  #stop: AbortController | undefined;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** A signal that aborts like `parent`, or because the pod is lost. Dispose it when the call has ended. */
  watch(parent: AbortSignal): { readonly signal: AbortSignal; [Symbol.dispose](): void } {
    const controller = new AbortController();
    noteDeadline(controller.signal, parent, Infinity);
    const onParent = (): void => {
      controller.abort(parent.reason);
    };
    if (parent.aborted) onParent();
    else parent.addEventListener('abort', onParent, { once: true });
    this.#waiting.add(controller);
    this.#begin();
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        parent.removeEventListener('abort', onParent);
        this.#waiting.delete(controller);
        if (this.#waiting.size === 0) this.#end();
      },
    };
  }

  #begin(): void {
    if (this.#stop !== undefined) return;
    const stop = new AbortController();
    this.#stop = stop;
    // The loop ends by its signal alone.
    this.#look(stop.signal).catch(() => undefined);
  }

  #end(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  async #look(signal: AbortSignal): Promise<void> {
    let missed = 0;
    while (missed < maxMissed) {
      await this.#options.clock.delay(this.#options.intervalMs, signal);
      missed = (await this.#answers(signal)) ? 0 : missed + 1;
    }
    const error = this.#options.lost(`it does not answer any more, ${String(maxMissed)} questions in a row`);
    for (const controller of this.#waiting) controller.abort(error);
  }

  async #answers(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.check(signal);
      return true;
    } catch {
      signal.throwIfAborted();
      return false;
    }
  }
}
