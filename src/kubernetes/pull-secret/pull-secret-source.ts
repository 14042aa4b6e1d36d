import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import type { Log } from '../../core/log.ts';
import { MountedFile } from '../../core/mounted-file.ts';
import type { RunRegistry } from '../../image/run-registries.ts';
import { NodeConfig } from './node-config.ts';

/** What the pull secret is made from. */
export interface PullSecretSource {
  /** The last good content; undefined while there has not been any. @throws RunnerError `CFG_*` */
  current(): Promise<
    { readonly config: NodeConfig; /** Milliseconds since the epoch. */ readonly swappedAtMs: number } | undefined
  >;
}

interface MountedSourceOptions {
  /** The mounted `.dockerconfigjson`. */
  readonly path: string;
  /** Default: nodes reach every registry under the address that we do. */
  readonly runRegistries?: readonly RunRegistry[];
  readonly log: Log;
  readonly counters: Counters;
  readonly clock?: Clock;
}

/** The mounted credentials file, as it is replaced while we run; broken new content never replaces good content. */
export class MountedPullSecretSource implements PullSecretSource {
  readonly #file: MountedFile<NodeConfig | null>;

  constructor({ path, runRegistries, log, counters, clock }: MountedSourceOptions) {
    this.#file = new MountedFile<NodeConfig | null>({
      paths: [path],
      parse: (bytes, file) => {
        const config = NodeConfig.parse(bytes, file, runRegistries);
        for (const warning of config.warnings) log.warn('pull secret', { file, warning });
        return config;
      },
      initial: null,
      kind: 'pull secret source',
      log,
      counters,
      ...(clock && { clock }),
    });
  }

  async current(): ReturnType<PullSecretSource['current']> {
    const config = await this.#file.current();
    return config === null ? undefined : { config, swappedAtMs: this.#file.swappedAtMs };
  }
}
