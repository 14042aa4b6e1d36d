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
  /** Under which name nodes pull an image; default: the one that we look it up by. */
  readonly runAs?: (reference: Reference) => Reference;
  /** The keys of files, as they are now. */
  readonly keysOf: (files: readonly string[]) => Promise<readonly VerificationKey[]>;
  readonly client: { session(reference: Reference, candidates: readonly Candidate[]): SignatureSession };
  /** Longest time that one check may take. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
}

/** What is to be verified. */
export interface ImageQuestion {
  readonly reference: Reference;
  /** What the name points at, index or manifest. */
  readonly digest: string;
  /** Whose credentials the registry is asked with; called only where it is asked. */
  readonly candidates: () => Promise<readonly Candidate[]>;
}

interface Refusal {
  readonly error: RunnerError;
  readonly untilMs: number;
}

const tooSlowHint =
  'The registry has the image, and is slow to say who has signed it; --resolve-timeout gives it longer.';
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
  /** The fingerprint of the key. */
  readonly #verified = new Recent<string>(maxVerified);
  readonly #refused = new Recent<Refusal>(maxRefused);
  readonly #flights = new SingleFlight<string>();

  constructor(options: SignatureVerifierOptions) {
    this.#options = options;
  }

  /**
   * @returns the file of the key that has signed the image; undefined where none has to
   * @throws RunnerError `SIGNATURE_MISSING`, `SIGNATURE_INVALID`; or why that cannot be found out, which is no leave to run
   */
  async verify(question: ImageQuestion, signal: AbortSignal): Promise<string | undefined> {
    const { reference, digest } = question;
    const { rules, runAs = (same) => same } = this.#options;
    const run = runAs(reference);
    const files = keyFilesFor(rules, run === reference ? [reference] : [reference, run]);
    if (files === undefined) return undefined;
    const keys = await this.#options.keysOf(files);
    const known = this.#verified.get(claimOf(digest, keys));
    if (known !== undefined) return fileOf(known, keys);
    const candidates = await question.candidates();
    const asked: Asked = { reference, digest, candidates, files, keys };
    const flight = flightOf(asked);
    const refusal = this.#refused.get(flight);
    if (refusal !== undefined && this.#options.clock.now() < refusal.untilMs) throw refusal.error;
    const signer = await this.#flights.run(flight, signal, async (shared) => this.#check(asked, shared));
    return fileOf(signer, keys);
  }

  /** @returns the fingerprint of the key */
  async #check(asked: Asked, signal: AbortSignal): Promise<string> {
    const { client, clock, counters, log, timeoutMs } = this.#options;
    const { reference, digest, candidates, files, keys } = asked;
    const image = reference.canonical;
    const wanted = { digest: parseDigest(digest), keys, findings: noFindings() };
    using bounded = withTimeout(signal, timeoutMs, `looking for the signature of ${image}`);
    try {
      const session = client.session(reference, candidates);
      const key = await session.findAttached(async (host, own) => findSignature(host, wanted, own), bounded.signal);
      if (key === undefined) throw notSigned(reference, digest, files, wanted.findings);
      this.#verified.set(claimOf(digest, keys), key.fingerprint);
      counters.add('signature_checks', { outcome: 'ok' });
      log.info('image is signed', { image, digest, key: key.file });
      return key.fingerprint;
    } catch (thrown) {
      const found = toRunnerError(thrown);
      const error = found.code === 'DEADLINE' ? found.with({ hint: tooSlowHint }) : found;
      counters.add('signature_checks', { outcome: error.code });
      if (error.code === 'SIGNATURE_MISSING' || error.code === 'SIGNATURE_INVALID') {
        this.#refused.set(flightOf(asked), { error, untilMs: clock.now() + refusedMs });
        log.info('image is not signed as it has to be', { image, digest, reason: error.message });
      }
      throw error;
    }
  }
}

/** A question whose answer is not known. */
interface Asked {
  readonly reference: Reference;
  readonly digest: string;
  readonly candidates: readonly Candidate[];
  readonly files: readonly string[];
  readonly keys: readonly VerificationKey[];
}

/** What a good answer is about: nothing but the digest and the keys. */
function claimOf(digest: string, keys: readonly VerificationKey[]): string {
  return JSON.stringify([digest, keys.map(({ fingerprint }) => fingerprint).toSorted()]);
}

/** Others may find a signature where this one does not: in another repository, or with other credentials. */
function flightOf({ reference, digest, candidates, keys }: Asked): string {
  const asker = candidates.map((candidate) => (candidate.kind === 'login' ? candidate.fingerprint : candidate.reason));
  return JSON.stringify([claimOf(digest, keys), reference.domain, reference.path, asker]);
}

function fileOf(fingerprint: string, keys: readonly VerificationKey[]): string | undefined {
  return keys.find((key) => key.fingerprint === fingerprint)?.file;
}
