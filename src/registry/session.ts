import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';

import type { Attempt, ConnectionStep } from '../core/attempt.ts';
import type { Clock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import { abortError } from '../core/deadline.ts';
import { RunnerError, toRunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Candidate } from '../credentials/candidate.ts';
import { parseDigest } from '../image/digest.ts';
import { namingImage } from '../image/naming-image.ts';
import type { Reference } from '../image/reference.ts';
import { AttemptLog } from './trust/attempt-log.ts';
import { brokenEntry } from './auth/auth-error.ts';
import { cutShort, readBody } from './transport/body.ts';
import { CandidateTurns } from './candidate-turns.ts';
import type { Descriptor } from './content/descriptor.ts';
import type { Answered, Exchange, RegistryRequest } from './exchange.ts';
import { readFailure } from './failed-answer.ts';
import { acceptManifest } from './content/fetched-manifest.ts';
import type { FetchedManifest } from './content/fetched-manifest.ts';
import { manifestAccept } from './content/media-type.ts';
import type { Question } from './registry-error.ts';
import type { Transport } from './transport/transport.ts';
import type { TransportResponse } from './transport/transport-request.ts';
import { checkContent, ContentCheck, wrongSize } from './content/verify.ts';

export interface SessionParts {
  readonly transport: Transport;
  readonly exchange: Exchange;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock: Clock;
}

/** Registry-behaviour 4.4, SZ6. */
const maxManifestBytes = 4 * 1024 * 1024;
const maxConfigBytes = 4 * 1024 * 1024;

/**
 * One resolution or pull of one reference: tries the candidates in order, the next one only after 401 or 403, and keeps
 * every attempt. Concurrent calls are safe. What it throws names the image, the registry and all attempts.
 */
export class RegistrySession {
  readonly #parts: SessionParts;
  readonly #reference: Reference;
  readonly #turns: CandidateTurns;
  readonly #attempts = new AttemptLog();
  #connection: ConnectionStep | undefined;

  constructor(parts: SessionParts, reference: Reference, candidates: readonly Candidate[]) {
    this.#parts = parts;
    this.#reference = reference;
    this.#turns = new CandidateTurns(candidates);
  }

  get attempts(): readonly Attempt[] {
    return this.#attempts.list;
  }

  /** The step by which the registry was reached; undefined before its first answer. */
  get connection(): ConnectionStep | undefined {
    return this.#connection;
  }

  /** The key of the credential in use, as written in the file, or `anonymous`. Never its value. */
  get credential(): string {
    return this.#turns.current.key;
  }

  /**
   * `target`: a tag, a digest's text, or an index entry, whose size and media type are then held against the answer.
   * Throws `MAN_NOT_FOUND`, `REPO_NOT_FOUND`, `MAN_DIGEST`, `MAN_SIZE`, `MAN_TYPE`, `NOT_A_REGISTRY`, `AUTH_…`, and what
   * {@link Transport.send} throws.
   */
  async fetchManifest(target: string | Descriptor, signal: AbortSignal): Promise<FetchedManifest> {
    const descriptor = typeof target === 'string' ? undefined : target;
    const name = typeof target === 'string' ? target : target.digest.text;
    return this.#explained(async () => {
      if (descriptor !== undefined && descriptor.size > maxManifestBytes) throw tooLarge(descriptor, maxManifestBytes);
      const digest = descriptor?.digest ?? (name.includes(':') ? parseDigest(name) : undefined);
      const response = await this.#get('manifest', name, manifestAccept, signal);
      const bytes = await readBody(response, maxManifestBytes, signal);
      const fetched = acceptManifest(bytes, { digest, descriptor }, response, this.#parts.log);
      if (digest === undefined && !fetched.authenticated) this.#warnUnauthenticated();
      return fetched;
    });
  }

  /** A blob of at most 4 MiB, held against its descriptor: `MAN_SIZE`, `MAN_DIGEST`, `BLOB_UNKNOWN`. */
  async fetchBlob(descriptor: Descriptor, signal: AbortSignal): Promise<Buffer> {
    return this.#explained(async () => {
      if (descriptor.size > maxConfigBytes) throw tooLarge(descriptor, maxConfigBytes);
      const response = await this.#get('blob', descriptor.digest.text, '*/*', signal);
      const bytes = await readBody(response, descriptor.size, signal);
      checkContent(descriptor, bytes);
      return bytes;
    });
  }

  /**
   * A blob of any size; the stream fails with `MAN_SIZE` or `MAN_DIGEST` where it does not end as its descriptor says, with
   * `UNREACHABLE` where it is cut short.
   */
  async streamBlob(descriptor: Descriptor, signal: AbortSignal): Promise<Readable> {
    return this.#explained(async () => {
      const response = await this.#get('blob', descriptor.digest.text, '*/*', signal, { bulk: true });
      const check = new ContentCheck(descriptor, (failure) => this.#explain(streamFailure(failure, response, signal)));
      pipeline(response.body, check, () => undefined);
      return check;
    });
  }

  async #get(
    content: Question['content'],
    target: string,
    accept: string,
    signal: AbortSignal,
    options: { readonly bulk?: true } = {},
  ): Promise<TransportResponse> {
    const path = `/v2/${this.#reference.path}/${content}s/${target}`;
    const { response, secrets } = await this.#askInTurn({ path, accept, ...options }, signal);
    this.#noteConnection(response);
    if (response.status === 200) return response;
    const question = { reference: this.#reference, content, target };
    throw await readFailure(question, response, { signal, nowMs: this.#parts.clock.now(), secrets });
  }

  /** As the current candidate, or as the one that another call has moved on to meanwhile. */
  async #askInTurn(request: RegistryRequest, signal: AbortSignal): Promise<Answered> {
    for (;;) {
      const candidate = this.#turns.current;
      if (candidate.kind === 'broken') throw brokenEntry(candidate);
      const caller = { reference: this.#reference, candidate, attempts: this.#attempts, signal };
      const exchanged = await this.#parts.exchange.run(request, caller);
      if (exchanged.kind === 'answered') {
        if (exchanged.isAuthorized) this.#turns.settle();
        return exchanged;
      }
      if (this.#turns.pass(candidate, exchanged.error) === 'passed') this.#noteFallback(candidate, exchanged.error);
    }
  }

  #noteFallback({ key }: Candidate, { code }: RunnerError): void {
    const values = { registry: this.#reference.domain, credential: key, reason: code };
    this.#parts.log.debug('credential refused, trying the next one that matches', values);
    this.#parts.counters.add('credential_fallbacks', {});
  }

  #noteConnection(response: TransportResponse): void {
    const route = response.redirected ? this.#parts.transport.route(this.#reference.apiHost) : response.route;
    this.#connection = route?.step ?? this.#connection;
  }

  /** TC14: whoever sits on the way can have given any image for a tag. */
  #warnUnauthenticated(): void {
    this.#parts.log.warn('tag resolved over a connection that does not prove who the registry is', {
      image: this.#reference.canonical,
      registry: this.#reference.domain,
      step: this.#connection,
    });
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw this.#explain(thrown);
    }
  }

  #explain(thrown: unknown): RunnerError {
    const { code, message, details } = toRunnerError(thrown);
    for (const attempt of details.attempts ?? []) this.#attempts.add(attempt);
    // A caller's own reason to stop is about the call, and is passed on in its own words.
    const isAboutCall = code === 'CANCELLED' || code === 'DEADLINE';
    return new RunnerError(code, isAboutCall ? message : namingImage(this.#reference, message), {
      image: this.#reference.input,
      registry: this.#reference.domain,
      ...details,
      attempts: this.#attempts.list,
    });
  }
}

function streamFailure(failure: Error, { route }: TransportResponse, signal: AbortSignal): RunnerError {
  if (signal.aborted) return abortError(signal);
  return failure instanceof RunnerError ? failure : cutShort(route.authority, failure);
}

function tooLarge(descriptor: Descriptor, maxBytes: number): RunnerError {
  return wrongSize({ ...descriptor, size: maxBytes }, descriptor.size);
}
