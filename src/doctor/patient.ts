import type { Options } from '../config/options.ts';
import type { Runtime } from '../runtime.ts';
import type { Surroundings } from '../wire-resolver.ts';

/** The service that is looked at: its flags and what is around it, without it running. */
export interface Patient {
  readonly options: Options;
  /** Names of the flags that were given. */
  readonly given: ReadonlySet<string>;
  /** What is wrong with the flags, one line each. */
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
  /** Images whose whole way is looked at. */
  readonly images: readonly string[];
  readonly runtime: Runtime;
  readonly surroundings: Surroundings;
  readonly nowMs: number;
}
