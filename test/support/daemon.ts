import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { cleanEnvironment } from './program.ts';

/** A program that runs until it is stopped. */
export interface Daemon {
  readonly pid: number;
  /** Lines so far; they go on growing. */
  readonly stdoutLines: readonly string[];
  readonly stderrLines: readonly string[];
  /** Resolves with the first line of either stream that matches, past or future; rejects after `timeoutMs` or at the program's end. */
  line(pattern: RegExp, timeoutMs?: number): Promise<string>;
  /** Exit code, -1 when killed by a signal. */
  readonly exited: Promise<number>;
  /** SIGTERM (or `signal`), then SIGKILL after five seconds; waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

export interface DaemonOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts a program without waiting for anything. Whoever starts it stops it. */
export function startDaemon(command: string, args: readonly string[], options: DaemonOptions = {}): Daemon {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: cleanEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watcher = new LineWatcher();
  const stdoutLines = watcher.collect(child.stdout);
  const stderrLines = watcher.collect(child.stderr);
  const exited = exitCodeOf(child);
  exited.then(
    (code) => {
      watcher.end(`${command} ended with exit code ${String(code)}: ${stderrLines.slice(-3).join(' | ')}`);
    },
    (error: unknown) => {
      watcher.end(`${command} did not start: ${String(error)}`);
    },
  );
  return {
    pid: child.pid ?? -1,
    stdoutLines,
    stderrLines,
    line: async (pattern, timeoutMs = 10_000) => watcher.next(pattern, timeoutMs),
    exited,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
      try {
        return await exited;
      } finally {
        clearTimeout(killer);
      }
    },
  };
}

async function exitCodeOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<number> {
  const code: unknown = (await once(child, 'close'))[0];
  return typeof code === 'number' ? code : -1;
}

interface Waiter {
  readonly pattern: RegExp;
  resolve(line: string): void;
  reject(error: Error): void;
}

class LineWatcher {
  readonly #lines: string[] = [];
  readonly #waiters = new Set<Waiter>();
  #ended: string | undefined;

  collect(stream: Readable): readonly string[] {
    const lines: string[] = [];
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      this.#lines.push(line);
      for (const waiter of this.#waiters) if (waiter.pattern.test(line)) waiter.resolve(line);
    });
    return lines;
  }

  end(reason: string): void {
    this.#ended = reason;
    for (const waiter of this.#waiters) waiter.reject(new Error(reason));
  }

  async next(pattern: RegExp, timeoutMs: number): Promise<string> {
    const seen = this.#lines.find((line) => pattern.test(line));
    if (seen !== undefined) return seen;
    if (this.#ended !== undefined) throw new Error(this.#ended);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        pattern,
        resolve: (line) => {
          settle();
          resolve(line);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        waiter.reject(
          new Error(
            `no line ${String(pattern)} within ${String(timeoutMs)} ms; last: ${this.#lines.slice(-3).join(' | ')}`,
          ),
        );
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }
}
