import type { Readable } from 'node:stream';

import type { Attempt, ConnectionStep } from '../core/attempt.ts';
import { RunnerError, toRunnerError } from '../core/errors.ts';
import type { Candidate } from '../credentials/candidate.ts';
import { namingImage } from '../image/naming-image.ts';
import type { Reference } from '../image/reference.ts';
import { AttachedContent } from './attached-content.ts';
import { findAttached } from './mirrors/find-attached.ts';
import type { Descriptor } from './content/descriptor.ts';
import type { FetchedManifest } from './content/fetched-manifest.ts';
import { HostSession } from './host-session.ts';
import type { HostParts } from './host-session.ts';
import { brisk } from './mirrors/brisk.ts';
import { firstAnswer } from './mirrors/first-answer.ts';
import type { Contender } from './mirrors/first-answer.ts';
import { lineUp } from './mirrors/host-line.ts';
import type { HostLine, Need, RegistryHosts } from './mirrors/host-line.ts';
import type { MirrorHealth } from './mirrors/mirror-health.ts';
import { MirrorReport } from './mirrors/mirror-report.ts';
import type { RegistryHost } from './registry-host.ts';
import type { TagList } from './tag-list.ts';
import { AttemptLog } from './trust/attempt-log.ts';

export interface SessionParts extends HostParts {
  readonly hosts: RegistryHosts;
  readonly health: MirrorHealth;
  readonly candidatesOf: CandidatesOf;
}

/** The credentials for another host than the reference's: only those whose key names that host. */
export type CandidatesOf = (
  host: Pick<Reference, 'domain' | 'path'> & { readonly mirrorOf: Reference },
  signal: AbortSignal,
) => Promise<readonly Candidate[]>;

/** What mirrors may cost a request before the registry is asked too, in milliseconds. */
const mirrorPatienceMs = 1500;

/**
 * One resolution or pull of one reference: asks its mirrors in order, then the registry, and keeps every attempt. Concurrent
 * calls are safe. What it throws names the image, the registry and all attempts.
 */
export class RegistrySession {
  readonly #parts: SessionParts;
  readonly #reference: Reference;
  readonly #candidates: readonly Candidate[];
  readonly #attempts = new AttemptLog();
  readonly #report: MirrorReport;
  readonly #sessions = new Map<RegistryHost, HostSession>();
  #hosts: Promise<readonly RegistryHost[]> | undefined;
  /** Who answered last. */
  #answered: HostSession | undefined;
  /** The last layer that a mirror has begun to send. */
  #mirrored: { readonly session: HostSession; readonly descriptor: Descriptor } | undefined;
  #avoidsMirrors = false;

  constructor(parts: SessionParts, reference: Reference, candidates: readonly Candidate[]) {
    this.#parts = parts;
    this.#reference = reference;
    this.#candidates = candidates;
    this.#report = new MirrorReport({ ...parts, reference, attempts: this.#attempts });
  }

  get attempts(): readonly Attempt[] {
    return this.#attempts.list;
  }

  /** The step by which the host was reached that answered last; undefined before the first answer. */
  get connection(): ConnectionStep | undefined {
    return this.#answered?.connection;
  }

  /** The key of the credential in use, as written in the file, or `anonymous`. Never its value. */
  get credential(): string {
    return this.#answered?.credential ?? this.#candidates[0]?.key ?? 'anonymous';
  }

  /**
   * `target`: a tag, a digest's text, or an index entry, whose size and media type are then held against the answer.
   * Throws `MAN_NOT_FOUND`, `REPO_NOT_FOUND`, `MAN_DIGEST`, `MAN_SIZE`, `MAN_TYPE`, `NOT_A_REGISTRY`, `AUTH_…`, and what
   * {@link Transport.send} throws.
   */
  async fetchManifest(target: string | Descriptor, signal: AbortSignal): Promise<FetchedManifest> {
    const need = typeof target === 'string' && !target.includes(':') ? 'resolve' : 'pull';
    return this.#ask(need, signal, async (session, own) => session.fetchManifest(target, own));
  }

  /** A blob of at most 4 MiB, held against its descriptor: `MAN_SIZE`, `MAN_DIGEST`, `BLOB_UNKNOWN`. */
  async fetchBlob(descriptor: Descriptor, signal: AbortSignal): Promise<Buffer> {
    return this.#ask('pull', signal, async (session, own) => session.fetchBlob(descriptor, own));
  }

  /**
   * A blob of any size; the stream fails with `MAN_SIZE` or `MAN_DIGEST` where it does not end as its descriptor says, with
   * `UNREACHABLE` where it is cut short, or where a mirror has sent it wrong: asked for again it comes from the registry.
   */
  async streamBlob(descriptor: Descriptor, signal: AbortSignal): Promise<Readable> {
    this.#mirrored = undefined;
    const work = async (session: HostSession, own: AbortSignal): Promise<Readable> =>
      this.#stream(session, descriptor, own);
    return this.#ask('pull', signal, work, (late) => late.destroy());
  }

  /**
   * To be called when the last layer could not be unpacked: true when it came from a mirror, which is to blame then. Asked
   * for again the layer comes from the registry.
   */
  distrust(): boolean {
    if (this.#mirrored === undefined) return false;
    const { session, descriptor } = this.#mirrored;
    const message = `what it sent for ${descriptor.digest.text} cannot be unpacked`;
    this.#avoidsMirrors = true;
    this.#report.failed(session, new RunnerError('MAN_DIGEST', message));
    return true;
  }

  /**
   * The repository's tags as the registry itself has them, at most 10 000. `REPO_NOT_FOUND`, `REDIRECT_REFUSED` for a page
   * on another origin, `NOT_A_REGISTRY`.
   */
  async listTags(signal: AbortSignal): Promise<TagList> {
    return this.#explained(async () => {
      const last = (await this.#hostList()).at(-1);
      if (last === undefined) throw this.#nobody();
      const session = await this.#sessionOf(last, false, signal);
      const list = await session.listTags(signal);
      this.#answered = session;
      return list;
    });
  }

  /**
   * Looks for something beside the repository's images: one host after the other, mirrors first, until `look` finds it.
   * Mirrors need not have it, so none may keep us waiting for long, and only the registry's own failure is one.
   */
  async findAttached<T>(
    look: (content: AttachedContent, signal: AbortSignal) => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    return this.#explained(async () => {
      const line = lineUp(await this.#hostList(), 'pull', (host) => this.#parts.health.isAvoided(host));
      return findAttached(line, signal, {
        look: async (host, isMirror, own) =>
          look(new AttachedContent(await this.#sessionOf(host, isMirror, own), this.#reference.path), own),
        mirrorFailed: (host, error) => {
          this.#report.failed(this.#sessions.get(host) ?? { host, connection: undefined }, error);
        },
        mirrorPatienceMs,
      });
    });
  }

  async #stream(session: HostSession, descriptor: Descriptor, signal: AbortSignal): Promise<Readable> {
    const isMirror = await this.#isMirror(session.host);
    if (!isMirror) return session.streamBlob(descriptor, signal, { explain: (failure) => this.#explain(failure) });
    const stream = await session.streamBlob(descriptor, signal, {
      through: (body) => brisk(body, mirrorPatienceMs),
      explain: (failure) => this.#explain(signal.aborted ? failure : this.#mirrorBroke(session, failure)),
    });
    this.#mirrored = { session, descriptor };
    return stream;
  }

  /** An error that says that asking again helps, as the next host is asked then. */
  #mirrorBroke(session: HostSession, failure: Error): RunnerError {
    const error = toRunnerError(failure);
    this.#avoidsMirrors = true;
    this.#report.failed(session, error);
    const message = `the mirror ${session.host.endpoint.authority} failed: ${error.message}`;
    return new RunnerError('UNREACHABLE', message, { cause: error });
  }

  async #ask<T>(
    need: Need,
    signal: AbortSignal,
    work: (session: HostSession, signal: AbortSignal) => Promise<T>,
    discard: (late: T) => void = () => undefined,
  ): Promise<T> {
    return this.#explained(async () => {
      const line = lineUp(
        await this.#hostList(),
        need,
        (host) => this.#avoidsMirrors || this.#parts.health.isAvoided(host),
      );
      const { mirrors, last, reserve } = line;
      if (last !== undefined && mirrors.length + reserve.length === 0) return this.#work(last, false, work, signal);
      const contenders = this.#contenders(line, work);
      if (contenders.length === 0) throw this.#nobody();
      const staggerMs = mirrorPatienceMs / Math.max(1, mirrors.length);
      return firstAnswer(contenders, { staggerMs, signal, discard });
    });
  }

  #contenders<T>(
    { mirrors, last, reserve }: HostLine,
    work: (session: HostSession, signal: AbortSignal) => Promise<T>,
  ): readonly Contender<T>[] {
    const mirror = (host: RegistryHost): Contender<T> => ({
      run: async (signal) => this.#work(host, true, work, signal),
      failed: (error) => {
        this.#report.failed(this.#sessions.get(host) ?? { host, connection: undefined }, error);
        return 'next';
      },
      overtaken: () => {
        this.#report.overtaken(this.#sessions.get(host) ?? { host, connection: undefined });
      },
      speaksForAll: false,
    });
    const registry = (host: RegistryHost): Contender<T> => ({
      run: async (signal) => this.#work(host, false, work, signal),
      failed: ({ code }) => (unreachable.has(code) ? 'next' : 'final'),
      overtaken: () => undefined,
      speaksForAll: true,
    });
    return [...mirrors.map(mirror), ...(last === undefined ? [] : [registry(last)]), ...reserve.map(mirror)];
  }

  async #work<T>(
    host: RegistryHost,
    once: boolean,
    work: (session: HostSession, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const session = await this.#sessionOf(host, once, signal);
    const answer = await work(session, signal);
    this.#answered = session;
    return answer;
  }

  async #sessionOf(host: RegistryHost, once: boolean, signal: AbortSignal): Promise<HostSession> {
    const candidates = host.identity === 'origin' ? this.#candidates : await this.#candidatesFor(host, signal);
    const known = this.#sessions.get(host);
    if (known !== undefined) return known;
    const question = { reference: this.#reference, host, candidates, attempts: this.#attempts, once };
    const session = new HostSession(this.#parts, question);
    this.#sessions.set(host, session);
    return session;
  }

  async #candidatesFor({ endpoint }: RegistryHost, signal: AbortSignal): Promise<readonly Candidate[]> {
    const mirrorOf = this.#reference;
    return this.#parts.candidatesOf({ domain: endpoint.authority, path: mirrorOf.path, mirrorOf }, signal);
  }

  async #hostList(): Promise<readonly RegistryHost[]> {
    this.#hosts ??= this.#parts.hosts.hostsOf(this.#reference);
    return this.#hosts;
  }

  async #isMirror(host: RegistryHost): Promise<boolean> {
    return host !== (await this.#hostList()).at(-1);
  }

  #nobody(): RunnerError {
    const { domain, canonical } = this.#reference;
    return new RunnerError(
      'CFG_OPTION',
      `no host that --registry-hosts-dir names for ${domain} may be asked for ${canonical}`,
      {
        hint: `Add "pull" and "resolve" to the capabilities in the hosts.toml of ${domain}.`,
      },
    );
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

/** After these of the registry itself, mirrors that were avoided are worth a try. */
const unreachable: ReadonlySet<string> = new Set(['UNREACHABLE', 'REGISTRY_UNAVAILABLE', 'RATE_LIMITED']);
