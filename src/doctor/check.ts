import type { Remark } from './remark.ts';

/** One thing that is looked at. It changes nothing. */
export interface Check {
  /** Shown before each of its remarks. */
  readonly name: string;
  /** Shown where it fails as a whole; may be empty. */
  readonly subject?: string;
  /** How long it may take. */
  readonly timeoutMs: number;
  /** What it throws becomes a problem. */
  run(signal: AbortSignal): Promise<readonly Remark[]>;
}
