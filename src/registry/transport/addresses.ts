import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import { classifyAddress, isMetadataName } from './address-class.ts';
import { AddressRefusedError } from '../trust/connection-error.ts';
import type { Lookup, ResolvedAddress } from './transport-options.ts';

const freshMs = 30_000;
const lookupTimeoutMs = 10_000;
const maxNames = 1000;

interface Entry {
  readonly found: Promise<readonly ResolvedAddress[]>;
  readonly atMs: number;
}

/**
 * Host names and what they resolve to, kept for 30 s and shared by everyone who asks. Metadata services of clouds are
 * refused here, whoever names them (registry-behaviour 3.6 RM8, 7.1 S4).
 */
export class AddressBook {
  readonly #lookup: Lookup;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(lookup: Lookup | undefined, clock: Clock) {
    this.#lookup = lookup ?? (async (hostname) => systemLookup(hostname, { all: true }));
    this.#clock = clock;
  }

  /** Never empty. Throws {@link AddressRefusedError}, the look-up's error, or the signal's reason. */
  async resolve(hostname: string, signal?: AbortSignal): Promise<readonly ResolvedAddress[]> {
    if (isMetadataName(hostname)) throw new AddressRefusedError(`${hostname} is a metadata service of a cloud`);
    const family = isIP(hostname);
    const found = family === 0 ? this.#find(hostname) : Promise.resolve([{ address: hostname, family }]);
    const addresses = await (signal === undefined ? found : unlessAborted(found, signal));
    const metadata = addresses.find(({ address }) => classifyAddress(address) === 'metadata');
    if (metadata === undefined) return addresses;
    throw new AddressRefusedError(`${metadata.address} is where clouds have their metadata services`);
  }

  async #find(hostname: string): Promise<readonly ResolvedAddress[]> {
    const known = this.#entries.get(hostname);
    if (known !== undefined && this.#clock.now() - known.atMs < freshMs) return known.found;
    const found = bounded(this.#lookup(hostname), hostname);
    this.#entries.delete(hostname);
    this.#entries.set(hostname, { found, atMs: this.#clock.now() });
    found.catch(() => {
      if (this.#entries.get(hostname)?.found === found) this.#entries.delete(hostname);
    });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxNames) break;
      this.#entries.delete(oldest);
    }
    return found;
  }
}

/** The system's resolver cannot be cancelled; its answer is not waited for any longer. */
async function bounded(
  found: Promise<readonly ResolvedAddress[]>,
  hostname: string,
): Promise<readonly ResolvedAddress[]> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(lookupError('EAI_AGAIN', `no address for ${hostname} within ${String(lookupTimeoutMs)} ms`));
  }, lookupTimeoutMs);
  timer.unref();
  try {
    const addresses = await Promise.race([found, late]);
    if (addresses.length === 0) throw lookupError('ENOTFOUND', `${hostname} has no address`);
    return addresses;
  } finally {
    clearTimeout(timer);
  }
}

function lookupError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
