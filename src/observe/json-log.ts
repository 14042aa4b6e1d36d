import { pino, type Logger } from 'pino';
import type { Log, LogValues } from '../core/log.ts';
import { currentRequestId } from '../core/request-id.ts';
import { plainValues } from './plain-values.ts';

/** Where log lines go; each `line` ends with a newline. */
export interface LogSink {
  write(line: string): void;
}

/** `--log-level` 0 to 5 by its pino level. */
const pinoLevels = ['error', 'warn', 'info', 'debug', 'debug', 'trace'] as const;

/** One JSON object per line: `level`, `time` (RFC 3339), `requestId` where it is written for a call, `msg` and the values. */
export function createJsonLog(sink: LogSink, level: number): Log {
  const logger = pino(
    {
      level: pinoLevels[level] ?? 'trace',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      mixin: requestIdValue,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  return new JsonLog(logger);
}

function requestIdValue(): { readonly requestId?: string } {
  const requestId = currentRequestId();
  return requestId === undefined ? {} : { requestId };
}

class JsonLog implements Log {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  error(message: string, values: LogValues = {}): void {
    this.#logger.error(plainValues(values), message);
  }

  warn(message: string, values: LogValues = {}): void {
    this.#logger.warn(plainValues(values), message);
  }

  info(message: string, values: LogValues = {}): void {
    if (this.#logger.isLevelEnabled('info')) this.#logger.info(plainValues(values), message);
  }

  debug(message: string, values: LogValues = {}): void {
    if (this.#logger.isLevelEnabled('debug')) this.#logger.debug(plainValues(values), message);
  }

  trace(message: string, values: LogValues = {}): void {
    if (this.#logger.isLevelEnabled('trace')) this.#logger.trace(plainValues(values), message);
  }

  child(values: LogValues): Log {
    return new JsonLog(this.#logger.child(plainValues(values)));
  }
}
