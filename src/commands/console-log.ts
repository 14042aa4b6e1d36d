import type { Log, LogValues } from '../core/log.ts';
import type { CommandIo } from './command-io.ts';
import { paintFor } from './style-text.ts';

const nothing = (): void => undefined;

/** Errors and warnings as lines for a person; everything else is left out. */
export function createConsoleLog(io: CommandIo): Log {
  const paint = paintFor(io.stderr, io.environment);
  const log: Log = {
    error: (message, values) => {
      io.stderr.write(`${paint('red', 'error')}: ${message}${valuesText(values)}\n`);
    },
    warn: (message, values) => {
      io.stderr.write(`${paint('yellow', 'warning')}: ${message}${valuesText(values)}\n`);
    },
    info: nothing,
    debug: nothing,
    trace: nothing,
    child: () => log,
  };
  return log;
}

function valuesText(values: LogValues = {}): string {
  const texts = Object.entries(values)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    .map(([key, value]) => ` ${key}=${String(value)}`);
  return texts.join('');
}
