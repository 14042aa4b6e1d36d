import type { Clock } from '../../core/clock.ts';
import { toRunnerError } from '../../core/errors.ts';
import type { ApiClient } from '../api-client.ts';
import { ApiError } from '../api-error.ts';
import { refusalError } from '../request/api-failure.ts';
import type { ListOptions, Resource } from '../api.ts';
import type { ApiObject } from '../object.ts';
import type { ObjectMemory } from './object-memory.ts';
import type { WatchEnd } from './watch-end.ts';
import { type WatchEvent, watchEvents } from './watch-lines.ts';

export interface WatchTiming {
  /** Shortest time after which the server is asked to end a watch; up to twice as long is asked for. */
  readonly minWatchSeconds: number;
  /** How much longer than asked for is waited for the end. */
  readonly endGraceMs: number;
  /** Silence that means a lost connection, on a server that has sent a bookmark in this watch; they come every minute. */
  readonly quietMs: number;
}

export const defaultTiming: WatchTiming = { minWatchSeconds: 300, endGraceMs: 30_000, quietMs: 150_000 };

export interface WatchRunOptions<T extends ApiObject> {
  readonly api: Pick<ApiClient, 'watchStream'>;
  readonly resource: Resource<T>;
  readonly selectors: ListOptions;
  readonly memory: ObjectMemory<T>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timing: WatchTiming;
  /** Called when the server has taken the watch. */
  readonly onOpen: () => void;
}

/**
 * One watch from the version that the memory has reached, which follows it. Resolves with how it ended, and whether it told
 * anything new; never rejects.
 */
export async function runWatch<T extends ApiObject>(
  options: WatchRunOptions<T>,
  stop: AbortSignal,
): Promise<{ readonly end: WatchEnd; readonly isFruitful: boolean }> {
  const { api, resource, selectors, memory, clock, random, timing } = options;
  const timeoutSeconds = Math.round(timing.minWatchSeconds * (1 + random()));
  const own = new AbortController();
  const signal = AbortSignal.any([stop, own.signal]);
  const watchdog = new Watchdog(clock, timing, timeoutSeconds);
  const from = memory.version;
  const ended = (end: WatchEnd): Awaited<ReturnType<typeof runWatch>> => ({ end, isFruitful: memory.version !== from });
  watchdog.guard(own).catch(() => undefined);
  try {
    const body = await api.watchStream(resource, { ...selectors, resourceVersion: from, timeoutSeconds }, signal);
    options.onOpen();
    for await (const event of watchEvents(body)) {
      watchdog.seen(event);
      const end = take(event, options);
      if (end !== undefined) return ended(end);
    }
    return ended({ kind: 'ended' });
  } catch (thrown) {
    if (watchdog.barked) return ended({ kind: 'quiet' });
    if (thrown instanceof ApiError && thrown.status === 410) return ended({ kind: 'expired' });
    return ended({ kind: 'failed', error: toRunnerError(thrown) });
  } finally {
    own.abort();
  }
}

/** Undefined when the watch goes on. */
function take<T extends ApiObject>(event: WatchEvent, options: WatchRunOptions<T>): WatchEnd | undefined {
  const { memory, resource } = options;
  switch (event.kind) {
    case 'put':
      memory.put(resource.parse(event.raw));
      return undefined;
    case 'gone':
      memory.remove(resource.parse(event.raw));
      return undefined;
    case 'bookmark':
      memory.advance(event.resourceVersion);
      return undefined;
    case 'malformed':
      return { kind: 'malformed', why: event.why };
    case 'error': {
      if (event.status.code === 410) return { kind: 'expired' };
      const { name, group, namespace } = resource;
      const action = { verb: 'watch', resource: name, group, namespace, name: '' };
      return { kind: 'failed', error: refusalError(action, 'that is watched', event.status) };
    }
  }
}

/** Ends a watch that has been silent for too long. */
class Watchdog {
  readonly #clock: Clock;
  readonly #quietMs: number;
  #patienceMs: number;
  #lastMs: number;
  barked = false;

  constructor(clock: Clock, { quietMs, endGraceMs }: WatchTiming, timeoutSeconds: number) {
    this.#clock = clock;
    this.#quietMs = quietMs;
    this.#patienceMs = timeoutSeconds * 1000 + endGraceMs;
    this.#lastMs = clock.now();
  }

  seen({ kind }: WatchEvent): void {
    this.#lastMs = this.#clock.now();
    if (kind === 'bookmark') this.#patienceMs = Math.min(this.#patienceMs, this.#quietMs);
  }

  /** Rejects when the watch has ended by itself. */
  async guard(watch: AbortController): Promise<void> {
    for (;;) {
      const leftMs = this.#lastMs + this.#patienceMs - this.#clock.now();
      if (leftMs <= 0) break;
      // A bookmark shortens the patience while this waits.
      await this.#clock.delay(Math.min(leftMs, this.#quietMs), watch.signal);
    }
    this.barked = true;
    watch.abort();
  }
}
