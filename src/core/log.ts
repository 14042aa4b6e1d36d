/** Keyed values of one log line. A `Secret` among them prints as redacted. */
export type LogValues = Readonly<Record<string, unknown>>;

/** A constant message and keyed values. `--log-level` 0 shows errors, 1 warnings too, 2 info, 3 to 5 ever more detail. */
export interface Log {
  error(message: string, values?: LogValues): void;
  warn(message: string, values?: LogValues): void;
  info(message: string, values?: LogValues): void;
  /** Level 3: decisions. */
  debug(message: string, values?: LogValues): void;
  /** Level 5: every request. */
  trace(message: string, values?: LogValues): void;
  /** A log whose lines all carry these values too. */
  child(values: LogValues): Log;
}

const nothing = (): void => undefined;

export const silentLog: Log = {
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  trace: nothing,
  child: () => silentLog,
};
