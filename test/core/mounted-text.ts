import { type Counters } from '../../src/core/counters.ts';
import { RunnerError } from '../../src/core/errors.ts';
import { silentLog, type Log } from '../../src/core/log.ts';
import { MountedFile } from '../../src/core/mounted-file.ts';

/** A clock that stands still until it is moved on. */
export class HandClock {
  nowMs = 0;

  now(): number {
    return this.nowMs;
  }

  async delay(): Promise<void> {
    throw new Error('nothing here waits');
  }
}

/** Keeps what a test asserts on: warnings and counted outcomes. */
class Recorder {
  readonly warnings: string[] = [];
  readonly outcomes: string[] = [];
  readonly log: Log = {
    ...silentLog,
    warn: (message, values) => this.warnings.push(`${message} ${JSON.stringify(values)}`),
  };
  readonly counters: Counters = {
    add: (_counter, labels) => this.outcomes.push(Object.values(labels).join(' ')),
  };
}

/** A mounted text file, watched by the real thing: content that starts with `broken` does not parse. */
export class MountedText {
  readonly clock = new HandClock();
  readonly recorder = new Recorder();
  readonly file: MountedFile<string>;
  parses = 0;

  constructor(paths: readonly string[], initial?: string, kind = 'credentials') {
    this.file = new MountedFile({
      paths,
      initial,
      parse: (bytes) => this.#parse(bytes),
      kind,
      log: this.recorder.log,
      counters: this.recorder.counters,
      clock: this.clock,
    });
  }

  /** The content after the next look at the disk. */
  async later(): Promise<string> {
    this.clock.nowMs += 1000;
    return this.file.current();
  }

  #parse(bytes: Uint8Array): string {
    this.parses += 1;
    const text = Buffer.from(bytes).toString();
    if (text.startsWith('broken')) throw new RunnerError('CFG_JSON', 'does not parse');
    return text;
  }
}

/** The {@link RunnerError} that `work` rejects with; anything else fails the test. */
export async function refused(work: Promise<unknown>): Promise<RunnerError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof RunnerError) return thrown;
  throw new Error('expected a RunnerError', { cause: thrown });
}
