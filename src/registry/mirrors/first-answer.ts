import { linkedAbort } from '../../core/linked-abort.ts';
import { RunnerError, toRunnerError } from '../../core/errors.ts';

/** One of several who may be asked the same. */
export interface Contender<T> {
  run(signal: AbortSignal): Promise<T>;
  /** Told when it fails by itself. `final`: nobody else is asked any more. */
  failed(error: RunnerError): 'next' | 'final';
  /** Told when somebody who was asked later has answered first. */
  overtaken(): void;
  /** Its failure is the one to report when all fail. */
  readonly speaksForAll: boolean;
}

export interface FirstAnswerOptions<T> {
  /** How long one is waited for before the next one is asked as well, in milliseconds. */
  readonly staggerMs: number;
  readonly signal: AbortSignal;
  /** Gets an answer that came too late. */
  readonly discard: (answer: T) => void;
}

interface Running<T> {
  readonly contender: Contender<T>;
  readonly link: ReturnType<typeof linkedAbort>;
}

/**
 * Asks in order, the next one once the one before has failed or kept us waiting, and takes the first answer; the others
 * are given up then. So who is down or slow costs `staggerMs`, and one that is slow still counts when nobody else answers.
 */
export async function firstAnswer<T>(contenders: readonly Contender<T>[], options: FirstAnswerOptions<T>): Promise<T> {
  return new Race(contenders, options).run();
}

class Race<T> {
  readonly #waiting: Contender<T>[];
  readonly #options: FirstAnswerOptions<T>;
  readonly #running = new Set<Running<T>>();
  readonly #result = Promise.withResolvers<T>();
  #failure: RunnerError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(contenders: readonly Contender<T>[], options: FirstAnswerOptions<T>) {
    this.#waiting = [...contenders];
    this.#options = options;
  }

  async run(): Promise<T> {
    this.#startNext();
    try {
      return await this.#result.promise;
    } finally {
      clearTimeout(this.#timer);
    }
  }

  #startNext(): void {
    clearTimeout(this.#timer);
    const contender = this.#waiting.shift();
    if (contender === undefined) return;
    const running = { contender, link: linkedAbort(this.#options.signal) };
    this.#running.add(running);
    if (this.#waiting.length > 0) {
      this.#timer = setTimeout(() => {
        this.#startNext();
      }, this.#options.staggerMs);
    }
    contender.run(running.link.signal).then(
      (answer) => {
        this.#answered(running, answer);
      },
      (thrown: unknown) => {
        this.#failed(running, toRunnerError(thrown));
      },
    );
  }

  #answered(running: Running<T>, answer: T): void {
    if (this.#isOver) {
      this.#options.discard(answer);
      return;
    }
    this.#running.delete(running);
    this.#end();
    this.#result.resolve(answer);
  }

  #failed(running: Running<T>, error: RunnerError): void {
    running.link[Symbol.dispose]();
    if (this.#isOver) return;
    this.#running.delete(running);
    const { contender } = running;
    if (this.#options.signal.aborted || contender.failed(error) === 'final') {
      this.#end();
      this.#result.reject(error);
      return;
    }
    if (contender.speaksForAll || this.#failure === undefined) this.#failure = error;
    if (this.#waiting.length > 0) this.#startNext();
    else if (this.#running.size === 0) this.#result.reject(this.#failure);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const { contender, link } of this.#running) {
      if (!this.#options.signal.aborted) contender.overtaken();
      link.abort(new RunnerError('DEADLINE', 'another host has answered first'));
      link[Symbol.dispose]();
    }
  }
}
