import type { Clock } from '../../core/clock.ts';
import type { RegistryHost } from '../registry-host.ts';

const avoidMs = 30_000;
const maxHosts = 1000;

/** Which hosts have just been slow, down or wrong, so that not every call finds out anew. */
export class MirrorHealth {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For 30 seconds it is asked only when the registry itself has failed. */
  blame({ endpoint }: RegistryHost): void {
    this.#untilMs.delete(endpoint.key);
    this.#untilMs.set(endpoint.key, this.#clock.now() + avoidMs);
    const [oldest] = this.#untilMs.keys();
    if (this.#untilMs.size > maxHosts && oldest !== undefined) this.#untilMs.delete(oldest);
  }

  isAvoided({ endpoint }: RegistryHost): boolean {
    return (this.#untilMs.get(endpoint.key) ?? -Infinity) > this.#clock.now();
  }
}
