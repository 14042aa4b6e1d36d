import { isIP } from 'node:net';

import type { Log } from '../../core/log.ts';
import type { Route } from '../transport/transport-request.ts';

const maxNoted = 1000;

/** Warns, once for each pair, where a registry has its credentials sent to another site than its own. */
export class ForeignRealms {
  readonly #log: Log;
  readonly #noted = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  note(registry: Route, realm: URL): void {
    const own = new URL(registry.origin).hostname;
    const pair = `${own} ${realm.hostname}`;
    if (siteOf(own) === siteOf(realm.hostname) || this.#noted.has(pair) || this.#noted.size >= maxNoted) return;
    this.#noted.add(pair);
    this.#log.warn('credentials went to a token service on another site than the registry', {
      registry: registry.authority,
      tokenService: realm.host,
    });
  }
}

/** The last two labels of a name: rough, and good enough for a warning. An address is a site of its own. */
function siteOf(hostname: string): string {
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname.split('.').slice(-2).join('.') : hostname;
}
