import type { Readable } from 'node:stream';
import { isVerified } from '../../core/attempt.ts';
import { AddressBook } from './addresses.ts';
import { Agents } from './agents.ts';
import { decoded } from './content-decoding.ts';
import type { Endpoint } from '../endpoint.ts';
import { locationOf, refusedRedirect } from './follow.ts';
import { HopClient } from './hop-client.ts';
import type { HopAnswer } from './hop-client.ts';
import { firstHop, nextHop, ofRedirect, urlOf } from './hop.ts';
import type { Hop } from './hop.ts';
import { allHeaders } from './http-header.ts';
import { MountedRoots } from '../trust/mounted-roots.ts';
import { ProxySettings } from './proxy.ts';
import { Slots } from './slots.ts';
import { StepMemory } from '../trust/step-memory.ts';
import type { Timeouts, TransportOptions } from './transport-options.ts';
import type { Route, TransportRequest, TransportResponse } from './transport-request.ts';
import { TrustChain } from '../trust/trust-chain.ts';
import { Ways } from './ways.ts';

export type { Route, TransportRequest, TransportResponse } from './transport-request.ts';

const defaultTimeouts: Timeouts = { connectMs: 10_000, headersMs: 20_000, bodyIdleMs: 30_000 };
const slotsPerHost = 4;
const slotsInAll = 16;
/** Registry-behaviour 5.6 RD12, 3.6 RM18. */
const maxRedirects = { registry: 5, token: 0 };

/**
 * HTTP to registries, their token services and the hosts that they redirect to: trust chain, proxies, retries, redirects,
 * address rules, limits. What a status means is the caller's to say: every status is an answer here.
 */
export class Transport {
  readonly #memory: StepMemory;
  readonly #agents: Agents;
  readonly #mountedRoots: MountedRoots;
  readonly #client: HopClient;

  /** Opens nothing. Throws `CFG_OPTION` for a proxy variable that cannot be used. */
  constructor(options: TransportOptions) {
    const { clock, counters, log, insecureRegistries, privateTls, plaintextFallback, environment } = options;
    const book = new AddressBook(options.lookup, clock);
    const timeouts = { ...defaultTimeouts, ...options.timeouts };
    const ways = new Ways(book, new ProxySettings(environment), insecureRegistries);
    const systemRoots = once(() => options.systemRoots(environment, log));
    this.#memory = new StepMemory(clock);
    this.#agents = new Agents({ systemRoots, insecureRegistries, book, dial: options.dial, timeouts });
    this.#mountedRoots = new MountedRoots({
      mountedCa: options.mountedCa,
      agents: this.#agents,
      memory: this.#memory,
      log,
      clock,
    });
    const hasMountedCa = (): boolean => !this.#mountedRoots.isEmpty;
    this.#client = new HopClient({
      chain: new TrustChain({ ways, memory: this.#memory, privateTls, plaintextFallback, hasMountedCa, log, counters }),
      agents: this.#agents,
      slots: new Slots(slotsPerHost, slotsInAll),
      bulkSlots: new Slots(slotsPerHost, slotsInAll),
      timeouts,
      random: options.random ?? Math.random,
      log,
      counters,
      clock,
    });
  }

  /**
   * The answer, whatever its status; one that may be temporary comes after the retries. The caller reads or destroys its
   * body. Throws `TLS_*`, `PLAINTEXT_REFUSED`, `UNREACHABLE`, `NOT_A_REGISTRY`, `REDIRECT_REFUSED`, `ADDRESS_REFUSED`,
   * `AUTH_REALM`, or the signal's reason; what was tried is in `request.attempts`.
   */
  async send(request: TransportRequest): Promise<TransportResponse> {
    const limit = maxRedirects[request.target.kind];
    let hop = firstHop(request.target);
    let authenticated = true;
    for (let redirects = 0; ; redirects += 1) {
      await this.#mountedRoots.refresh();
      const { answer, route } = await this.#ask(hop, request);
      authenticated &&= isVerified(route.step);
      const location = locationOf(answer);
      if (location === undefined) {
        const { status, headers } = answer;
        return { status, headers, body: plainBody(answer), route, redirected: !hop.own, authenticated };
      }
      answer.discard();
      if (redirects >= limit) throw tooManyRedirects(urlOf(hop, route), location, limit);
      hop = nextHop(hop, route, location);
    }
  }

  /** Nobody who names an image knows the host that its registry redirects to, so both are named. */
  async #ask(hop: Hop, request: TransportRequest): Promise<HopAnswer> {
    try {
      return await this.#client.ask(hop, request);
    } catch (thrown) {
      throw ofRedirect(hop, thrown);
    }
  }

  /** How a host was last reached, while that is remembered. */
  route(endpoint: Endpoint): Route | undefined {
    return this.#memory.recall(endpoint);
  }

  /** Ends what is under way, and every socket. */
  async close(): Promise<void> {
    await this.#agents.close();
  }
}

function plainBody({ headers, body, discard }: HopAnswer['answer']): Readable {
  try {
    const plain = decoded(body, allHeaders(headers, 'content-encoding'));
    plain.on('error', () => undefined);
    return plain;
  } catch (thrown) {
    discard();
    throw thrown;
  }
}

function tooManyRedirects(from: URL, location: string, limit: number): Error {
  return refusedRedirect(
    from,
    limit === 0 ? 'it is not followed here' : `there were ${String(limit)} redirects already`,
    URL.parse(location, from.href) ?? undefined,
  );
}

function once<T>(work: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: work() };
    return made.value;
  };
}
