import type { Clock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import type { Log } from '../core/log.ts';
import type { Candidate } from '../credentials/candidate.ts';
import type { Reference } from '../image/reference.ts';
import { Authorizer } from './auth/authorizer.ts';
import { ChallengeMemory } from './auth/challenge-memory.ts';
import { ChallengeReader } from './auth/challenge-reader.ts';
import { Exchange } from './exchange.ts';
import { LoginProbe } from './login-probe.ts';
import type { RegistryHosts } from './mirrors/host-line.ts';
import { noMirrors } from './mirrors/no-mirrors.ts';
import { MirrorHealth } from './mirrors/mirror-health.ts';
import { RegistryWarnings } from './registry-warnings.ts';
import { RegistrySession } from './session.ts';
import type { CandidatesOf, SessionParts } from './session.ts';
import { TokenCache } from './auth/token-cache.ts';
import { TokenService } from './auth/token-service.ts';
import type { Transport } from './transport/transport.ts';

export interface RegistryClientOptions {
  readonly transport: Transport;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock: Clock;
  /** Default: every registry is asked itself. */
  readonly hosts?: RegistryHosts;
  /** Credentials of mirrors; default: none. */
  readonly candidatesOf?: CandidatesOf;
}

/**
 * Speaks the distribution protocol, https://github.com/opencontainers/distribution-spec/blob/main/spec.md. Challenges and
 * tokens are shared by all its sessions.
 */
export class RegistryClient {
  /** For people who set a registry up. */
  readonly logins: LoginProbe;
  readonly #sessionParts: SessionParts;

  constructor(options: RegistryClientOptions) {
    const { transport, log, counters, clock } = options;
    const memory = new ChallengeMemory();
    const service = new TokenService({ transport, log, counters, clock });
    const authorizer = new Authorizer(memory, new TokenCache(clock), service);
    const challenges = new ChallengeReader(transport, memory);
    const warnings = new RegistryWarnings(log);
    const exchange = new Exchange({ transport, authorizer, memory, challenges, warnings });
    const { hosts = noMirrors, candidatesOf = noCandidates } = options;
    this.logins = new LoginProbe({ transport, service, hosts });
    const health = new MirrorHealth(clock);
    this.#sessionParts = { transport, exchange, hosts, candidatesOf, health, log, counters, clock };
  }

  /** `candidates` in the order to try them, none means anonymous. */
  session(reference: Reference, candidates: readonly Candidate[]): RegistrySession {
    return new RegistrySession(this.#sessionParts, reference, candidates);
  }
}

const noCandidates: CandidatesOf = async () => Promise.resolve([]);
