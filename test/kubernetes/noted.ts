import type { Counters } from '../../src/core/counters.ts';
import type { Log, LogValues } from '../../src/core/log.ts';

/** Counters that keep what was counted, as `name` with its labels' values. */
export class NotedCounters implements Counters {
  readonly seen: string[] = [];

  add(name: string, labels: Readonly<Record<string, string>>): void {
    this.seen.push([name, ...Object.values(labels)].join(' '));
  }

  count(text: string): number {
    return this.seen.filter((line) => line === text).length;
  }
}

/** A log that keeps its lines, as `level message` with the values as JSON. */
export class NotedLog implements Log {
  readonly lines: string[] = [];

  error(message: string, values?: LogValues): void {
    this.#note('error', message, values);
  }

  warn(message: string, values?: LogValues): void {
    this.#note('warn', message, values);
  }

  info(message: string, values?: LogValues): void {
    this.#note('info', message, values);
  }

  debug(message: string, values?: LogValues): void {
    this.#note('debug', message, values);
  }

  trace(message: string, values?: LogValues): void {
    this.#note('trace', message, values);
  }

  child(): Log {
    return this;
  }

  /** Lines of warnings and worse, without their values. */
  get alarms(): readonly string[] {
    return this.lines.filter((line) => /^(warn|error)/.test(line)).map((line) => line.replace(/ \{.*$/, ''));
  }

  #note(level: string, message: string, values: LogValues = {}): void {
    this.lines.push(`${level} ${message} ${JSON.stringify(values)}`);
  }
}
