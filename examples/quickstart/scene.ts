import type { Narrator } from './narrator.ts';

/** What every step of the quickstart works with. */
export interface Scene {
  readonly narrator: Narrator;
  /** For everything that is written; it was empty at first. */
  readonly folder: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** What is started is handed here, to be stopped in reverse order whatever happens. */
  readonly cleanup: AsyncDisposableStack;
}
