import type { Secret } from '../../core/secret.ts';
import type { Caller } from './authorizer.ts';
import { parseChallenges } from './challenge.ts';
import type { ChallengeMemory } from './challenge-memory.ts';
import { chooseDemand } from './demand.ts';
import type { Challenged } from './demand.ts';
import { readErrorBody } from '../error-body.ts';
import { allHeaders } from '../transport/http-header.ts';
import { notARegistry } from '../registry-error.ts';
import type { Transport, TransportResponse } from '../transport/transport.ts';
import { apiPath, extraHeaders } from '../registry-host.ts';
import { userAgent } from '../user-agent.ts';

/** Finds out what a registry wants that answered 401, and remembers it. */
export class ChallengeReader {
  readonly #transport: Transport;
  readonly #memory: ChallengeMemory;

  constructor(transport: Transport, memory: ChallengeMemory) {
    this.#transport = transport;
    this.#memory = memory;
  }

  /**
   * From the answer's own header; without one from what the origin said before, or says at `/v2/` (PG8: the only use of
   * that probe). Undefined when it says nothing anywhere. `secrets` are what was sent and may be echoed. Throws
   * `AUTH_CHALLENGE`, `NOT_A_REGISTRY`.
   */
  async read(caller: Caller, response: TransportResponse, secrets: readonly Secret[]): Promise<Challenged | undefined> {
    const own = this.#learn(response, secrets);
    if (own !== undefined) return own;
    const known = this.#memory.demand(response.route.origin);
    if (known !== undefined) return { demand: known, scope: undefined, insufficientScope: false };
    return this.#probe(caller);
  }

  /** What comes with a 403 is mostly left over from a 401, so one that cannot be read is no fault (ER12). */
  readForbidden(response: TransportResponse): Challenged | undefined {
    try {
      return this.#learn(response, []);
    } catch {
      return undefined;
    }
  }

  async #probe(caller: Caller): Promise<Challenged | undefined> {
    const { host } = caller;
    const response = await this.#transport.send({
      target: { kind: 'registry', endpoint: host.endpoint, path: apiPath(host, '/') },
      method: 'GET',
      headers: { 'user-agent': userAgent },
      nodeHeaders: extraHeaders(host),
      attempts: caller.attempts,
      signal: caller.signal,
    });
    const body = await readErrorBody(response, caller.signal, []);
    if (response.status === 200 && body.isHtml) throw notARegistry(host.endpoint.authority, response.status);
    return response.status === 401 && !response.redirected ? this.#learn(response, []) : undefined;
  }

  #learn(response: TransportResponse, secrets: readonly Secret[]): Challenged | undefined {
    const headers = allHeaders(response.headers, 'www-authenticate');
    if (headers.every((header) => header.trim() === '')) return undefined;
    const challenged = chooseDemand(parseChallenges(headers, secrets));
    this.#memory.learn(response.route.origin, challenged.demand);
    return challenged;
  }
}
