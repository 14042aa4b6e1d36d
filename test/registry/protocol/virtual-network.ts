import type { AppOverrides } from '../../../src/app-overrides.ts';

/**
 * Lets a service believe in public names and addresses: names resolve as told, and what is dialled at an address goes to
 * a server on loopback that stands for it, or to a closed port.
 */
export class VirtualNetwork {
  /** `address port` of every connection that was tried, in order. */
  readonly dialled: string[] = [];
  readonly #addresses = new Map<string, readonly string[]>();
  readonly #ports = new Map<string, number>();

  /** `hostname` resolves to `addresses`. */
  name(hostname: string, ...addresses: readonly string[]): this {
    this.#addresses.set(hostname, addresses);
    return this;
  }

  /** What is dialled at `address` and `port` reaches `server`. */
  serve(address: string, port: number, server: { readonly port: number }): this {
    this.#ports.set(`${address} ${String(port)}`, server.port);
    return this;
  }

  get overrides(): AppOverrides {
    return {
      lookup: async (hostname) => {
        const addresses = this.#addresses.get(hostname);
        if (addresses === undefined) throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
        return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
      },
      dial: ({ address, port }) => {
        const key = `${address} ${String(port)}`;
        this.dialled.push(key);
        return { address: '127.0.0.1', port: this.#ports.get(key) ?? closedPort };
      },
    };
  }
}

/** tcpmux: nothing listens there. */
const closedPort = 1;
