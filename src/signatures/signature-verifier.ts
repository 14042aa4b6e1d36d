import { withTimeout } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import { type RunnerError, toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { SingleFlight } from '../core/single-flight.ts';
import type { Candidate } from '../credentials/candidate.ts';
import { parseDigest } from '../image/digest.ts';
import type { Reference } from '../image/reference.ts';
import { keyFilesFor } from './choose-keys.ts';
import { findSignature } from './find-signature.ts';
import { noFindings } from './findings.ts';
import type { VerificationKey } from './public-key.ts';
import { Recent } from './recent.ts';
import { notSigned } from './signature-error.ts';
import type { SignatureHost } from './signed-claims.ts';
import type { VerifyOption } from './verify-option.ts';

/** What is asked of a registry session: every host in turn, until `look` finds what it looks for. */
export interface SignatureSession {
  findAttached<T>(
    look: (host: SignatureHost, signal: AbortSignal) => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T | undefined>;
}

export interface SignatureVerifierOptions {
  readonly rules: readonly VerifyOption[];
  /** The keys of files, as they are now. */
  readonly keysOf: (files: readonly string[]) => Promise<readonly VerificationKey[]>;
  readonly client: { session(reference: Reference, candidates: readonly Candidate[]): SignatureSession };
  /** Longest time that one check may take. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
}

/** What is to be verified, and with whose credentials the registry is asked. */
export interface ImageQuestion {
  readonly reference: Reference;
  /** What the name points at, index or manifest. */
  readonly digest: string;
  readonly candidates: readonly Candidate[];
}

interface Refusal {
  readonly error: RunnerError;
  readonly untilMs: number;
}

const maxVerified = 10_000;
const maxRefused = 1000;
/** Who has just signed an image does not want to wait, and who has not should not have the registry asked with every call. */
const refusedMs = 5000;

/**
 * Lets an image run only if one of the keys for it has signed its digest. A digest that was once found signed by a key stays
 * so: it is remembered for the keys that it was checked with, and other keys have it checked anew.
 */
export class SignatureVerifier {
  readonly #options: SignatureVerifierOptions;
  readonly #verified = new Recent<true>(maxVerified);
  readonly #refused = new Recent<Refusal>(maxRefused);
  readonly #flights = new SingleFlight<void>();

  constructor(options: SignatureVerifierOptions) {
    this.#options = options;
  }

  /** @throws RunnerError `SIGNATURE_MISSING`, `SIGNATURE_INVALID`; or why that cannot be found out, which is no leave to run */
  async verify(question: ImageQuestion, signal: AbortSignal): Promise<void> {
    const { reference, digest, candidates } = question;
    const files = keyFilesFor(this.#options.rules, reference);
    if (files === undefined) return;
    const keys = await this.#options.keysOf(files);
    const claim = JSON.stringify([digest, keys.map(({ fingerprint }) => fingerprint).toSorted()]);
    if (this.#verified.get(claim) === true) return;
    const asker = candidates.map((candidate) =>
      candidate.kind === 'login' ? candidate.fingerprint : candidate.reason,
    );
    const flight = JSON.stringify([claim, reference.domain, reference.path, asker]);
    const refusal = this.#refused.get(flight);
    if (refusal !== undefined && this.#options.clock.now() < refusal.untilMs) throw refusal.error;
    await this.#flights.run(flight, signal, async (shared) =>
      this.#check(question, { files, keys, claim, flight }, shared),
    );
  }

  async #check(
    { reference, digest, candidates }: ImageQuestion,
    {
      files,
      keys,
      claim,
      flight,
    }: { files: readonly string[]; keys: readonly VerificationKey[]; claim: string; flight: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { client, clock, counters, log, timeoutMs } = this.#options;
    const image = reference.canonical;
    const wanted = { digest: parseDigest(digest), keys, findings: noFindings() };
    using bounded = withTimeout(signal, timeoutMs, `looking for the signature of ${image}`);
    try {
      const session = client.session(reference, candidates);
      const key = await session.findAttached(async (host, own) => findSignature(host, wanted, own), bounded.signal);
      if (key === undefined) throw notSigned(reference, digest, files, wanted.findings);
      this.#verified.set(claim, true);
      counters.add('signature_checks', { outcome: 'ok' });
      log.info('image is signed', { image, digest, key: key.file });
    } catch (thrown) {
      const error = toRunnerError(thrown);
      counters.add('signature_checks', { outcome: error.code });
      if (error.code === 'SIGNATURE_MISSING' || error.code === 'SIGNATURE_INVALID') {
        this.#refused.set(flight, { error, untilMs: clock.now() + refusedMs });
        log.info('image is not signed as it has to be', { image, digest, reason: error.message });
      }
      throw error;
    }
  }
}
