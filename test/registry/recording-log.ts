import type { Log, LogValues } from '../../src/core/log.ts';

/** Keeps the values of every line. */
export class RecordingLog implements Log {
  readonly values: LogValues[] = [];

  error(_message: string, values: LogValues = {}): void {
    this.values.push(values);
  }

  warn(_message: string, values: LogValues = {}): void {
    this.values.push(values);
  }

  info(_message: string, values: LogValues = {}): void {
    this.values.push(values);
  }

  debug(_message: string, values: LogValues = {}): void {
    this.values.push(values);
  }

  trace(_message: string, values: LogValues = {}): void {
    this.values.push(values);
  }

  child(): Log {
    return this;
  }
}
