import { createHash } from 'node:crypto';

import { systemClock, type Clock } from './clock.ts';
import type { Counters } from './counters.ts';
import { RunnerError, toRunnerError } from './errors.ts';
import type { Log } from './log.ts';
import { identify, readFirst, type FileRead } from './mounted-file-read.ts';

export interface MountedFileOptions<T> {
  /** The first one that exists is used. */
  readonly paths: readonly string[];
  /** Throws for content that must not be used. */
  readonly parse: (bytes: Uint8Array, path: string) => T;
  /** The value while none of the paths exists, which is the caller's to log; undefined makes that an error. */
  readonly initial: T | undefined;
  /** What the file is, for log and counter, e.g. `credentials` or `ca`. */
  readonly kind: string;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock?: Clock;
  /** How long a look at the disk is believed, in milliseconds. Default 1000. */
  readonly checkIntervalMs?: number;
}

interface Held<T> {
  readonly value: T;
  /** Which version of which file was last looked at, good or bad. */
  readonly identity: string;
  /** Hash of the accepted bytes; empty for the initial value. */
  readonly hash: string;
  readonly swappedAtMs: number;
}

/**
 * The last good content of a file that is replaced while we run, as the kubelet does with mounted secrets: it swaps a
 * symbolic link, so the file is opened anew by its path each time. A broken new version, or none at all, leaves the last
 * good one in place, with one warning per version.
 */
export class MountedFile<T> {
  readonly #options: MountedFileOptions<T>;
  readonly #clock: Clock;
  readonly #checkIntervalMs: number;
  #held: Held<T> | undefined;
  #pending: Promise<T> | undefined;
  #checkedAtMs = -Infinity;
  #version = 0;

  constructor(options: MountedFileOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#checkIntervalMs = options.checkIntervalMs ?? 1000;
  }

  /** Grows by one with each accepted content; 0 until then. */
  get version(): number {
    return this.#version;
  }

  /** When the last good content was put there, in milliseconds since the epoch; 0 for the initial value. */
  get swappedAtMs(): number {
    return this.#held?.swappedAtMs ?? 0;
  }

  /** The first read. @throws RunnerError what `parse` throws, or that the file cannot be read */
  async load(): Promise<T> {
    return this.#held === undefined ? this.#once(async () => this.#first()) : this.#held.value;
  }

  /**
   * The last good content, after a look at the disk if the last look is old enough.
   *
   * @param options.recheck look in any case
   * @throws RunnerError as `load`
   */
  async current({ recheck = false }: { readonly recheck?: boolean } = {}): Promise<T> {
    const held = this.#held;
    if (held === undefined) return this.load();
    if (!recheck && this.#clock.now() - this.#checkedAtMs < this.#checkIntervalMs) return held.value;
    return this.#once(async () => this.#refresh(held));
  }

  async #once(work: () => Promise<T>): Promise<T> {
    this.#pending ??= work().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #first(): Promise<T> {
    const { initial, kind, paths } = this.#options;
    const read = await readFirst(paths, kind);
    this.#checkedAtMs = this.#clock.now();
    if (read !== undefined) return this.#accept(read);
    if (initial === undefined) throw new RunnerError('CFG_OPTION', `no ${kind} file: ${paths.join(', ')}`);
    this.#held = { value: initial, identity: 'missing', hash: '', swappedAtMs: 0 };
    return initial;
  }

  async #refresh(held: Held<T>): Promise<T> {
    this.#checkedAtMs = this.#clock.now();
    const identity = await identify(this.#options.paths);
    if (identity === held.identity) return held.value;
    this.#held = { ...held, identity };
    try {
      const read = await readFirst(this.#options.paths, this.#options.kind);
      return read === undefined ? this.#keepWithoutFile(held) : this.#accept(read);
    } catch (thrown) {
      return this.#keepGood(held, toRunnerError(thrown));
    }
  }

  #accept(read: FileRead): T {
    const { counters, kind, log, parse } = this.#options;
    const hash = createHash('sha256').update(read.path).update('\0').update(read.bytes).digest('hex');
    if (this.#held?.hash === hash) {
      this.#held = { ...this.#held, identity: read.identity, swappedAtMs: read.swappedAtMs };
      return this.#held.value;
    }
    const value = parse(read.bytes, read.path);
    const isReload = this.#held !== undefined;
    this.#held = { value, identity: read.identity, hash, swappedAtMs: read.swappedAtMs };
    this.#version += 1;
    if (isReload) counters.add('mounted_file_reloads', { file: kind, outcome: 'ok' });
    log.info(isReload ? 'mounted file changed' : 'mounted file loaded', { kind, path: read.path });
    return value;
  }

  #keepWithoutFile(held: Held<T>): T {
    const { counters, kind, log, paths } = this.#options;
    counters.add('mounted_file_reloads', { file: kind, outcome: 'missing' });
    log.warn('mounted file is gone; keeping its last good content', { kind, paths });
    return held.value;
  }

  #keepGood(held: Held<T>, error: RunnerError): T {
    const { counters, kind, log } = this.#options;
    counters.add('mounted_file_reloads', { file: kind, outcome: 'failed' });
    log.warn('mounted file is broken; keeping its last good content', {
      kind,
      code: error.code,
      error: error.message,
    });
    return held.value;
  }
}
