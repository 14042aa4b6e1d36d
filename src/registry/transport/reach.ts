import { classifyAddress } from './address-class.ts';

/** How far inside an address is: a pool of sockets opened for one reach never dials anything further inside. */
export type Reach = 'public' | 'private' | 'local';

const depth: Readonly<Record<Reach, number>> = { public: 0, private: 1, local: 2 };

/** The innermost of the addresses; `public` for none, since then a proxy dials. */
export function reachOf(addresses: readonly string[]): Reach {
  return addresses.map(reachOfOne).reduce((inner, each) => (depth[each] > depth[inner] ? each : inner), 'public');
}

export function isWithinReach(address: string, reach: Reach): boolean {
  return depth[reachOfOne(address)] <= depth[reach];
}

function reachOfOne(address: string): Reach {
  switch (classifyAddress(address)) {
    case 'public':
      return 'public';
    case 'private':
      return 'private';
    case undefined:
    case 'loopback':
    case 'metadata':
    case 'unspecified':
      return 'local';
  }
}
