import { RunnerError } from '../core/errors.ts';

/** The calls that are being answered: ended together when the server has to stop. */
export class ActiveCalls {
  readonly #controllers = new Set<AbortController>();

  get size(): number {
    return this.#controllers.size;
  }

  /** Runs one call; it is counted until its promise settles. */
  async run<T>(work: (controller: AbortController) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#controllers.add(controller);
    try {
      return await work(controller);
    } finally {
      this.#controllers.delete(controller);
    }
  }

  /** Ends every call that still runs. */
  abortAll(): void {
    const reason = new RunnerError('SHUTTING_DOWN', 'the function runner is shutting down', {
      hint: 'Send the call again; another replica or the restarted service answers it.',
    });
    for (const controller of this.#controllers) controller.abort(reason);
  }
}
