import { withTimeout } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import { RunnerError, toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { SingleFlight } from '../core/single-flight.ts';
import type { CallerLogin } from '../credentials/caller.ts';
import type { Candidate } from '../credentials/candidate.ts';
import type { CredentialSource, LookupOptions } from '../credentials/credential-source.ts';
import type { Platform } from '../image/platform.ts';
import { namingImage } from '../image/naming-image.ts';
import { shownInput } from '../image/quote.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import type { RegistrySession } from '../registry/session.ts';
import { cacheKey, tagKey } from './cache-key.ts';
import { failureOf, hasFailingProgram, isRefusal, isTemporary } from './failures.ts';
import type { ImageVerifier } from './image-verifier.ts';
import { type Answer, Lookup, type Question, type Session, type SessionSource } from './lookup.ts';
import { NegativeCache } from './negative-cache.ts';
import { type AnswerSource, toResolution } from './to-resolution.ts';
import type { Resolution, Resolved } from './resolution.ts';
import { type Freshness, TagCache } from './tag-cache.ts';

export interface ResolverOptions<S extends Session = RegistrySession> {
  readonly client: SessionSource<S>;
  /** Asked once per resolution, so that a rotated file counts at once; once more when all of them were refused. */
  readonly credentials: Pick<CredentialSource, 'lookup'>;
  /** Default: every image may be asked for by any name. */
  readonly gate?: ImageGate;
  /** Default: every image will do. */
  readonly verifier?: ImageVerifier;
  /** Put before a name without a slash; empty for none. */
  readonly defaultImagePrefix: string;
  /** How long a tag's answer is fresh; 0 asks the registry every time. */
  readonly imageCacheTtlMs: number;
  readonly resolveTimeoutMs: number;
  /** Taken first from an index. */
  readonly platform: Platform;
  /** When nothing fits `platform`, take the first linux image there is instead of failing (pod runtime). */
  readonly anyPlatform: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
}

/** Which images may be asked for, and where. Asks nobody. */
export interface ImageGate {
  /** The name under which the image is looked up. @throws {RunnerError} when it must not be */
  admit(reference: Reference): Reference;
}

/** Who asks. */
interface Asker {
  readonly signal?: AbortSignal;
  /** The login that came with the call, with which alone registries are asked. */
  readonly caller?: CallerLogin | undefined;
}

export interface ResolveOptions extends Asker {
  readonly signal: AbortSignal;
  /** Ask the registry even if the answer is still fresh, or was "no" just now. */
  readonly refresh?: boolean;
}

interface Answered {
  /** With the candidates that it was answered for. */
  readonly question: Question;
  readonly answer: Answer;
  readonly source: AnswerSource;
}

const tooSlowHint = 'The attempts tell how far it came; --resolve-timeout gives it longer.';

/**
 * Image name → what it means. An answer is shared by all who ask for the same image with the same credentials, at the
 * same time or later: see {@link TagCache} for how long.
 */
export class Resolver<S extends Session = RegistrySession> {
  readonly #options: ResolverOptions<S>;
  readonly #lookup: Lookup;
  readonly #tags: TagCache;
  readonly #refusals: NegativeCache;
  readonly #flights = new SingleFlight<Answer>();
  readonly #revalidating = new Set<string>();
  readonly #closing = new AbortController();

  constructor(options: ResolverOptions<S>) {
    this.#options = options;
    this.#lookup = new Lookup(options.client, options);
    this.#tags = new TagCache(options.imageCacheTtlMs, options.clock);
    this.#refusals = new NegativeCache(options.clock);
  }

  /** @throws {RunnerError} naming the image */
  async resolve(image: string, options: ResolveOptions): Promise<Resolved> {
    const { clock, counters, log, verifier } = this.#options;
    const { signal } = options;
    const startedMs = clock.now();
    let reference: Reference | undefined;
    try {
      signal.throwIfAborted();
      reference = this.#admitted(image);
      const { question, answer, source } = await this.#answered(reference, options);
      const { digest } = answer.entry;
      const candidates = async (): Promise<readonly Candidate[]> => (await this.#current(question, signal)).candidates;
      const signedBy = await verifier?.verify({ reference, digest, candidates }, signal);
      const elapsedMs = clock.now() - startedMs;
      counters.add('resolutions', { source, outcome: 'ok' });
      log.debug('image resolved', { image, digest, source, elapsedMs });
      const resolution = toResolution(image, question, answer, source);
      return { resolution, cached: source !== 'registry', elapsedMs, signedBy };
    } catch (thrown) {
      const { code, message, details } = failureOf(thrown, signal);
      counters.add('resolutions', { source: 'none', outcome: code });
      // An error that is shared names the image as the first caller wrote it.
      const named = reference === undefined ? message : namingImage(reference, message);
      throw new RunnerError(code, named, { ...details, image: shownInput(image) });
    }
  }

  /** To pull what was resolved, with the credential that worked tried first. */
  async session({ reference, credential }: Resolution, asker: Asker = {}): Promise<S> {
    const { candidates } = await this.#options.credentials.lookup(reference, asker);
    const worked = candidates.filter(({ key }) => key === credential);
    const others = candidates.filter(({ key }) => key !== credential);
    return this.#options.client.session(reference, [...worked, ...others]);
  }

  /** To ask something else of an image's repository. @throws {RunnerError} `REF_…` naming the image */
  async open(image: string, asker: Asker): Promise<S> {
    const reference = this.#admitted(image);
    const { candidates } = await this.#options.credentials.lookup(reference, asker);
    return this.#options.client.session(reference, candidates);
  }

  /** Ends what goes on in the background. Calls in flight end by their own signals. */
  close(): void {
    this.#closing.abort(new RunnerError('SHUTTING_DOWN', 'the service is shutting down'));
    this.#tags.close();
    this.#refusals.close();
  }

  #admitted(image: string): Reference {
    const { defaultImagePrefix, gate } = this.#options;
    const reference = parseReference(image, { defaultImagePrefix });
    return gate === undefined ? reference : gate.admit(reference);
  }

  async #answered(reference: Reference, { signal, caller, refresh = false }: ResolveOptions): Promise<Answered> {
    const question = await this.#question(reference, { signal, caller, remembered: !refresh });
    const known = refresh ? undefined : this.#known(question);
    if (known === undefined) return this.#ask(question, signal, refresh);
    const { freshness, ...answer } = known;
    switch (freshness) {
      case 'fresh':
        return { question, answer, source: 'cache' };
      case 'held':
        return { question, answer, source: 'fallback' };
      case 'stale':
        this.#revalidate(question);
        return { question, answer, source: 'stale' };
      case 'fallback':
        // The caller may give up before it is known that the registry cannot be reached; the next one should not have to.
        this.#revalidate(question);
        return this.#askOrFallBack(question, signal, answer);
    }
  }

  async #question(reference: Reference, options: LookupOptions): Promise<Question> {
    const found = await this.#options.credentials.lookup(reference, options);
    const { candidates } = found;
    const keys = { key: cacheKey(reference, candidates), tagKey: tagKey(reference, candidates) };
    return { reference, ...found, caller: options.caller, ...keys };
  }

  /** With logins that a registry may be shown. */
  async #current(question: Question, signal: AbortSignal): Promise<Question> {
    const { reference, caller, isOld = false } = question;
    return isOld ? this.#question(reference, { signal, caller }) : question;
  }

  #known({ tagKey: key }: Question): (Answer & { readonly freshness: Freshness }) | undefined {
    const found = this.#tags.get(key);
    const content = found && this.#lookup.content(found.entry.digest);
    return content && { ...found, content };
  }

  async #askOrFallBack(question: Question, signal: AbortSignal, answer: Answer): Promise<Answered> {
    try {
      return await this.#ask(question, signal, false);
    } catch (error) {
      if (signal.aborted || !isTemporary(error)) throw error;
      return { question, answer, source: 'fallback' };
    }
  }

  async #ask(known: Question, signal: AbortSignal, refresh: boolean): Promise<Answered> {
    try {
      return await this.#askTwice(known, signal, refresh);
    } catch (error) {
      // The credentials that could not be had were not those that the tag is known under.
      if (!signal.aborted && isTemporary(error)) this.#tags.hold(known.tagKey);
      throw error;
    }
  }

  /** Credentials that were refused may have been replaced meanwhile, as a helper's token is; new ones are tried once. */
  async #askTwice(known: Question, signal: AbortSignal, refresh: boolean): Promise<Answered> {
    const question = await this.#current(known, signal);
    try {
      return await this.#askOnce(question, signal, refresh);
    } catch (error) {
      if (signal.aborted || !isRefusal(error)) throw error;
      const anew = await this.#question(question.reference, { signal, caller: question.caller, recheck: true });
      // While a program fails nobody knows whether the registry would still let its next login in.
      if (!hasFailingProgram(anew.candidates)) for (const { tagKey: tag } of [known, question]) this.#tags.delete(tag);
      if (anew.key === question.key) throw error;
      return this.#askOnce(anew, signal, refresh);
    }
  }

  async #askOnce(question: Question, signal: AbortSignal, refresh: boolean): Promise<Answered> {
    const refusal = this.#refusals.get(question.key);
    if (refusal !== undefined && (!refresh || refusal.code === 'RATE_LIMITED')) throw refusal;
    const answer = await this.#flights.run(question.key, signal, async (flight) => this.#askRegistry(question, flight));
    return { question, answer, source: 'registry' };
  }

  #revalidate(question: Question): void {
    const { tagKey: key, reference } = question;
    if (this.#revalidating.has(key)) return;
    this.#revalidating.add(key);
    this.#ask(question, this.#closing.signal, false)
      .catch((error: unknown) => {
        this.#options.log.debug('image not revalidated', {
          image: reference.canonical,
          reason: toRunnerError(error).code,
        });
      })
      .finally(() => this.#revalidating.delete(key));
  }

  async #askRegistry(question: Question, signal: AbortSignal): Promise<Answer> {
    const { canonical } = question.reference;
    using bounded = withTimeout(signal, this.#options.resolveTimeoutMs, `resolving ${canonical}`);
    try {
      const answer = await this.#lookup.ask(question, bounded.signal);
      this.#accept(question, answer);
      return answer;
    } catch (thrown) {
      const found = failureOf(thrown, bounded.signal);
      const error = found.code === 'DEADLINE' ? found.with({ hint: tooSlowHint }) : found;
      this.#reject(question, error);
      throw error;
    }
  }

  #accept({ key, tagKey: tag, reference, warnings }: Question, { entry, content }: Answer): void {
    const { log } = this.#options;
    const image = reference.canonical;
    const before = this.#tags.get(tag)?.entry.digest;
    if (before !== undefined && before !== entry.digest) log.info('tag moved', { image, before, now: entry.digest });
    if (before !== entry.digest) {
      for (const warning of [...warnings, ...content.warnings]) log.warn('image warning', { image, warning });
    }
    this.#refusals.delete(key);
    this.#tags.set(tag, entry);
  }

  #reject({ key, tagKey: tag, reference }: Question, error: RunnerError): void {
    if (isTemporary(error)) {
      this.#tags.hold(tag);
      this.#options.log.warn('image cannot be looked up', { image: reference.canonical, reason: error.code });
    } else if (error.code !== 'CANCELLED' && !isRefusal(error)) {
      this.#tags.delete(tag);
    }
    this.#refusals.set(key, error);
  }
}
