import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import type { Evaluator } from './evaluate/evaluator.ts';
import type { ImageStoreOptions } from './local/store/image-store.ts';
import type { TransportOptions } from './registry/transport/transport-options.ts';

/** See `registry/transport/transport-options.ts`. */
type TransportOverrides = Partial<Pick<TransportOptions, 'systemRoots' | 'lookup' | 'dial' | 'timeouts' | 'random'>>;

/** Everything the service takes from outside, so that a test can give it instead. */
export interface AppOverrides extends TransportOverrides {
  /** Default: no variables; `commands/serve.ts` gives those of the process. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  /** Default: no log. */
  readonly log?: Log;
  /** Asked before the runtimes; for tests of the service alone. */
  readonly firstEvaluators?: readonly Evaluator[];
  readonly onPullProgress?: NonNullable<ImageStoreOptions['onProgress']>;
  /** Default: 5 minutes. */
  readonly maxConnectionAgeMs?: number;
}
