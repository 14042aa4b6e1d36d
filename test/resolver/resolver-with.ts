import type { Counters } from '../../src/core/counters.ts';
import { RunnerError } from '../../src/core/errors.ts';
import { type Log, silentLog } from '../../src/core/log.ts';
import { type Candidate, anonymous } from '../../src/credentials/candidate.ts';
import { parsePlatform } from '../../src/image/platform.ts';
import { Resolver } from '../../src/resolver/resolver.ts';
import type { Resolved } from '../../src/resolver/resolution.ts';
import type { Session } from '../../src/resolver/lookup.ts';
import { FakeRegistry } from './fake-registry.ts';
import { ManualClock } from './manual-clock.ts';

export const minuteMs = 60_000;
/** What `--image-cache-ttl` is in these tests. */
export const ttlMs = 5 * minuteMs;

/** A resolver on a fake registry, a clock that stands still and credentials that can be exchanged. */
export class ResolverWith {
  readonly registry = new FakeRegistry();
  readonly clock = new ManualClock();
  readonly resolver: Resolver<Session>;
  readonly counted: string[] = [];
  candidates: readonly Candidate[] = [anonymous];

  constructor(
    options: {
      readonly platform?: string;
      readonly anyPlatform?: boolean;
      readonly ttlMs?: number;
      readonly timeoutMs?: number;
      readonly log?: Log;
    } = {},
  ) {
    const counters: Counters = {
      add: (name, labels) => {
        this.counted.push([name, ...Object.values(labels)].join(' '));
      },
    };
    this.resolver = new Resolver({
      client: this.registry,
      credentials: { lookup: async () => Promise.resolve({ candidates: this.candidates, warnings: [] }) },
      defaultImagePrefix: 'registry.example.com/functions',
      imageCacheTtlMs: options.ttlMs ?? ttlMs,
      resolveTimeoutMs: options.timeoutMs ?? 2_000,
      platform: parsePlatform(options.platform ?? 'linux/amd64'),
      anyPlatform: options.anyPlatform ?? false,
      clock: this.clock,
      log: options.log ?? silentLog,
      counters,
    });
  }

  async resolve(
    image: string,
    options: { readonly signal?: AbortSignal; readonly refresh?: boolean } = {},
  ): Promise<Resolved> {
    return this.resolver.resolve(image, { signal: new AbortController().signal, ...options });
  }

  /** The error that resolving gives. */
  async failure(
    image: string,
    options: { readonly signal?: AbortSignal; readonly refresh?: boolean } = {},
  ): Promise<RunnerError> {
    try {
      const { resolution } = await this.resolve(image, options);
      throw new Error(`resolved to ${resolution.digest}`);
    } catch (error) {
      if (error instanceof RunnerError) return error;
      throw error;
    }
  }

  /** Requests since the last time this was asked. */
  takeRequests(): readonly string[] {
    return this.registry.requests.splice(0);
  }
}

/** Lets what goes on in the background come to its end. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}
