import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';

import type { ConnectionStep } from '../core/attempt.ts';
import type { Clock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import { abortError } from '../core/deadline.ts';
import { RunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Candidate } from '../credentials/candidate.ts';
import { parseDigest } from '../image/digest.ts';
import type { Reference } from '../image/reference.ts';
import type { AttemptLog } from './trust/attempt-log.ts';
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
import { apiPath } from './registry-host.ts';
import type { RegistryHost } from './registry-host.ts';
import { listTags } from './tag-list.ts';
import type { TagList } from './tag-list.ts';
import type { Transport } from './transport/transport.ts';
import type { TransportResponse } from './transport/transport-request.ts';
import { checkContent, ContentCheck, wrongSize } from './content/verify.ts';

export interface HostParts {
  readonly transport: Transport;
  readonly exchange: Exchange;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock: Clock;
}

/** Who asks which host for what. */
export interface HostQuestion {
  readonly reference: Reference;
  readonly host: RegistryHost;
  /** In the order to try them; none means anonymous. */
  readonly candidates: readonly Candidate[];
  readonly attempts: AttemptLog;
  /** Somebody else is asked when this host fails, so it is not asked twice. */
  readonly once: boolean;
}

/** An answer's body, unread, and the answer that it came with. */
export interface FetchedDocument {
  readonly bytes: Buffer;
  readonly response: TransportResponse;
}

/** Registry-behaviour 4.4, SZ6. */
const maxManifestBytes = 4 * 1024 * 1024;
const maxConfigBytes = 4 * 1024 * 1024;
const maxDocumentBytes = 4 * 1024 * 1024;

/** Asks one host, by the candidates in order, the next one only after 401 or 403. Concurrent calls are safe. */
export class HostSession {
  readonly #parts: HostParts;
  readonly #question: HostQuestion;
  readonly #turns: CandidateTurns;
  #connection: ConnectionStep | undefined;

  constructor(parts: HostParts, question: HostQuestion) {
    this.#parts = parts;
    this.#question = question;
    this.#turns = new CandidateTurns(question.candidates);
  }

  get host(): RegistryHost {
    return this.#question.host;
  }

  /** The step by which the host was reached; undefined before its first answer. */
  get connection(): ConnectionStep | undefined {
    return this.#connection;
  }

  get credential(): string {
    return this.#turns.current.key;
  }

  /** As `RegistrySession.fetchManifest`. */
  async fetchManifest(target: string | Descriptor, signal: AbortSignal): Promise<FetchedManifest> {
    const descriptor = typeof target === 'string' ? undefined : target;
    const name = typeof target === 'string' ? target : target.digest.text;
    if (descriptor !== undefined && descriptor.size > maxManifestBytes) throw tooLarge(descriptor, maxManifestBytes);
    const digest = descriptor?.digest ?? (name.includes(':') ? parseDigest(name) : undefined);
    const response = await this.#getContent('manifest', name, manifestAccept, signal);
    const bytes = await readBody(response, maxManifestBytes, signal);
    const fetched = acceptManifest(bytes, { digest, descriptor }, response, this.#parts.log);
    if (digest === undefined && !fetched.authenticated) this.#warnUnauthenticated();
    return fetched;
  }

  /** As `RegistrySession.fetchBlob`. */
  async fetchBlob(descriptor: Descriptor, signal: AbortSignal): Promise<Buffer> {
    if (descriptor.size > maxConfigBytes) throw tooLarge(descriptor, maxConfigBytes);
    const response = await this.#getContent('blob', descriptor.digest.text, '*/*', signal);
    const bytes = await readBody(response, descriptor.size, signal);
    checkContent(descriptor, bytes);
    return bytes;
  }

  /** As `RegistrySession.streamBlob`; `through` may watch the bytes as they come, `explain` has the last word on failures. */
  async streamBlob(
    descriptor: Descriptor,
    signal: AbortSignal,
    options: {
      readonly through?: (body: Readable) => AsyncIterable<Uint8Array>;
      readonly explain: (failure: Error) => Error;
    },
  ): Promise<Readable> {
    const response = await this.#getContent('blob', descriptor.digest.text, '*/*', signal, { bulk: true });
    const { through = (body: Readable): Readable => body, explain } = options;
    const check = new ContentCheck(descriptor, (failure) => explain(streamFailure(failure, response, signal)));
    pipeline(through(response.body), check, () => {
      response.body.destroy();
    });
    return check;
  }

  /** As `RegistrySession.listTags`. */
  async listTags(signal: AbortSignal): Promise<TagList> {
    const { reference, host } = this.#question;
    const question = { content: 'tags', target: 'list', accept: 'application/json' } as const;
    return listTags(apiPath(host, `/${reference.path}/tags/list`), async (path) =>
      this.fetchDocument({ ...question, path }, signal),
    );
  }

  /** Whatever is at `path`, at most 4 MiB. Throws what an answer other than 200 means for what was asked. */
  async fetchDocument(
    { content, target, path, accept }: Pick<Question, 'content' | 'target'> & Pick<RegistryRequest, 'path' | 'accept'>,
    signal: AbortSignal,
  ): Promise<FetchedDocument> {
    const once = this.#question.once ? ({ once: true } as const) : {};
    const response = await this.#get({ content, target }, { path, accept, ...once }, signal);
    return { response, bytes: await readBody(response, maxDocumentBytes, signal) };
  }

  /** A success. Throws what the answer means otherwise. */
  async #get(
    question: Pick<Question, 'content' | 'target'>,
    request: RegistryRequest,
    signal: AbortSignal,
  ): Promise<TransportResponse> {
    const { reference } = this.#question;
    const { response, secrets } = await this.#askInTurn(request, signal);
    this.#noteConnection(response);
    if (response.status === 200) return response;
    const nowMs = this.#parts.clock.now();
    throw await readFailure({ reference, ...question }, response, { signal, nowMs, secrets });
  }

  async #getContent(
    content: 'manifest' | 'blob',
    target: string,
    accept: string,
    signal: AbortSignal,
    options: { readonly bulk?: true } = {},
  ): Promise<TransportResponse> {
    const { reference, once } = this.#question;
    const path = apiPath(this.host, `/${reference.path}/${content}s/${target}`);
    const request = { path, accept, ...options, ...(once ? { once } : {}) };
    return this.#get({ content, target }, request, signal);
  }

  /** As the current candidate, or as the one that another call has moved on to meanwhile. */
  async #askInTurn(request: RegistryRequest, signal: AbortSignal): Promise<Answered> {
    const { reference, host, attempts } = this.#question;
    for (;;) {
      const candidate = this.#turns.current;
      if (candidate.kind === 'broken') throw brokenEntry(candidate);
      const exchanged = await this.#parts.exchange.run(request, { reference, host, candidate, attempts, signal });
      if (exchanged.kind === 'answered') {
        if (exchanged.isAuthorized) this.#turns.settle();
        return exchanged;
      }
      if (this.#turns.pass(candidate, exchanged.error) === 'passed') this.#noteFallback(candidate, exchanged.error);
    }
  }

  #noteFallback({ key }: Candidate, { code }: RunnerError): void {
    const values = { registry: this.#question.reference.domain, credential: key, reason: code };
    this.#parts.log.debug('credential refused, trying the next one that matches', values);
    this.#parts.counters.add('credential_fallbacks', {});
  }

  #noteConnection(response: TransportResponse): void {
    const route = response.redirected ? this.#parts.transport.route(this.host.endpoint) : response.route;
    this.#connection = route?.step ?? this.#connection;
  }

  /** TC14: whoever sits on the way can have given any image for a tag. */
  #warnUnauthenticated(): void {
    this.#parts.log.warn('tag resolved over a connection that does not prove who the registry is', {
      image: this.#question.reference.canonical,
      registry: this.host.identity === 'origin' ? this.#question.reference.domain : this.host.endpoint.authority,
      step: this.#connection,
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
