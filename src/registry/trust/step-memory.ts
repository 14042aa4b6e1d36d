import { isVerified } from '../../core/attempt.ts';
import type { Clock } from '../../core/clock.ts';
import { tlsAddress } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Route } from '../transport/transport-request.ts';

const rememberMs = 10 * 60_000;
/** Unverified ways are asked for again soon, so that a server that was given a good certificate is noticed. */
const rememberUnverifiedMs = 60_000;
const maxHosts = 10_000;

interface Remembered {
  readonly route: Route;
  readonly untilMs: number;
}

/** The step that worked, per host (registry-behaviour 5.3, TC19), and who was ever reached over verified TLS (TC12). */
export class StepMemory {
  readonly #clock: Clock;
  readonly #steps = new Map<string, Remembered>();
  readonly #verified = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  remember(endpoint: Endpoint, route: Route): void {
    const { key } = endpoint;
    const verified = isVerified(route.step);
    this.#steps.delete(key);
    this.#steps.set(key, { route, untilMs: this.#clock.now() + (verified ? rememberMs : rememberUnverifiedMs) });
    if (verified) this.#verified.add(tlsAddress(endpoint));
    dropOldest(this.#steps);
    dropOldest(this.#verified);
  }

  recall({ key }: Endpoint): Route | undefined {
    const entry = this.#steps.get(key);
    if (entry === undefined || entry.untilMs > this.#clock.now()) return entry?.route;
    this.#steps.delete(key);
    return undefined;
  }

  /** By any name of its TLS port: as a registry, token service or redirect target. */
  wasVerified(endpoint: Endpoint): boolean {
    return this.#verified.has(tlsAddress(endpoint));
  }

  forget({ key }: Endpoint): void {
    this.#steps.delete(key);
  }

  /** After a change of the mounted CA. That a host was verified once stays known. */
  forgetSteps(): void {
    this.#steps.clear();
  }
}

function dropOldest(collection: Map<string, unknown> | Set<string>): void {
  if (collection.size <= maxHosts) return;
  for (const key of collection.keys()) {
    collection.delete(key);
    return;
  }
}
