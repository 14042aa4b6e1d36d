import type { Clock } from '../../core/clock.ts';
import { noCounters } from '../../core/counters.ts';
import { RunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { MountedFile } from '../../core/mounted-file.ts';
import { parsePodCacheConfig, type PodCacheRules } from './pod-cache-config.ts';

interface PodCacheOptions extends PodCacheRules {
  /** `--pod-cache-config` */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

const checkEveryMs = 10_000;

/** The images of `--pod-cache-config` with the time to live of their pods, read anew when the file changes. */
export class PodCache {
  readonly #clock: Clock;
  readonly #file: MountedFile<ReadonlyMap<string, number>>;
  readonly #listeners = new Set<() => void>();
  readonly #closing = new AbortController();
  #ttls: ReadonlyMap<string, number> = new Map();

  constructor({ file, clock, log, ...rules }: PodCacheOptions) {
    this.#clock = clock;
    this.#file = new MountedFile<ReadonlyMap<string, number>>({
      paths: [file],
      parse: (bytes, path) => parsePodCacheConfig(Buffer.from(bytes).toString('utf8'), path, rules),
      initial: new Map(),
      kind: 'pod cache',
      log,
      counters: noCounters,
      clock,
    });
  }

  /** @throws {RunnerError} `CFG_OPTION` when the file is there but cannot be used */
  async start(): Promise<void> {
    this.#ttls = await this.#file.load();
    this.#follow().catch(() => undefined);
  }

  /** Canonical names. */
  images(): readonly string[] {
    return [...this.#ttls.keys()];
  }

  /** Milliseconds; undefined for an image that is not listed. */
  ttlOf(canonical: string): number | undefined {
    return this.#ttls.get(canonical);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closing.abort(new RunnerError('SHUTTING_DOWN', 'the runner is shutting down'));
  }

  async #follow(): Promise<void> {
    for (;;) {
      await this.#clock.delay(checkEveryMs, this.#closing.signal);
      const ttls = await this.#file.current();
      if (ttls === this.#ttls) continue;
      this.#ttls = ttls;
      for (const listener of this.#listeners) listener();
    }
  }
}
