import { type ErrorCode, RunnerError, toRunnerError } from '../core/errors.ts';
import { type CallerLogin, callerKey } from '../credentials/caller.ts';
import type { Candidate } from '../credentials/candidate.ts';
import { type MissingCredentials, withMissing } from '../credentials/missing-credentials.ts';
import type { Reference } from '../image/reference.ts';
import { ContentCache } from './content-cache.ts';
import { deepFreeze } from './deep-freeze.ts';
import { findImage, type ManifestSource, type WantedPlatform } from './find-image.ts';
import { type ImageContent, toContent } from './image-content.ts';
import type { Resolution } from './resolution.ts';
import type { TagEntry } from './tag-cache.ts';

/** One image, and who asks for it. */
export interface Question {
  readonly reference: Reference;
  readonly candidates: readonly Candidate[];
  /** What was odd about finding them. */
  readonly warnings: readonly string[];
  /** What should have held credentials too. */
  readonly missing?: readonly MissingCredentials[];
  /** Programs would give other candidates now: these are shown to no registry. */
  readonly isOld?: boolean;
  /** Whose credentials alone there are. */
  readonly caller?: CallerLogin | undefined;
  /** The same for the same image and the same credentials. */
  readonly key: string;
  /** The same for the same image and whoever gives the credentials: see `cache-key.ts`. */
  readonly tagKey: string;
}

export interface Answer {
  readonly entry: TagEntry;
  readonly content: ImageContent;
}

/** What the resolver asks of a registry session. */
export interface Session extends ManifestSource {
  readonly connection: Resolution['connection'] | undefined;
  readonly attempts: Resolution['attempts'];
  readonly credential: string;
}

/** What the resolver asks of a registry client. */
export interface SessionSource<S extends Session> {
  session(reference: Reference, candidates: readonly Candidate[]): S;
}

/** The registry did not let the credentials in, or did not like who they belong to. */
export const refusals: ReadonlySet<ErrorCode> = new Set(['AUTH_DENIED', 'AUTH_REFUSED', 'AUTH_FORBIDDEN']);

const maxContentBytes = 16 * 1024 * 1024;

/** Asks the registry: one request when it is known what the digest it answers with stands for. */
export class Lookup {
  readonly #client: SessionSource<Session>;
  readonly #wanted: WantedPlatform;
  readonly #contents = new ContentCache(maxContentBytes);

  constructor(client: SessionSource<Session>, wanted: WantedPlatform) {
    this.#client = client;
    this.#wanted = wanted;
  }

  /** What is known of a digest; undefined when it had to make room. */
  content(digest: string): ImageContent | undefined {
    return this.#contents.get(digest);
  }

  /** Whatever it throws tells how the registry was reached, if it was. */
  async ask({ reference, candidates, missing = [] }: Question, signal: AbortSignal): Promise<Answer> {
    const session = this.#client.session(reference, candidates);
    try {
      const { entry, content } = await this.#find(session, reference, signal);
      return { entry: entryFor(candidates, entry), content };
    } catch (thrown) {
      const error = toRunnerError(thrown);
      throw withMissing(error, refusals.has(error.code) ? missing : []).with({ attempts: session.attempts });
    }
  }

  async #find(session: Session, reference: Reference, signal: AbortSignal): Promise<Answer> {
    const top = await session.fetchManifest(reference.target, signal);
    let content = this.#contents.get(top.digest.text);
    if (content === undefined) {
      const sized = toContent(top, await findImage(session, top, this.#wanted, signal));
      this.#contents.set(sized);
      content = sized.content;
    }
    return { entry: entryOf(session, content.digest, top.authenticated, reference), content };
  }
}

/** A login that came with a call may be taken back: what it opens is asked about again, even where it cannot change. */
function entryFor(candidates: readonly Candidate[], entry: TagEntry): TagEntry {
  const isLent = candidates.some(({ key }) => key === callerKey);
  return isLent ? { ...entry, immutable: false } : entry;
}

function entryOf(session: Session, digest: string, authenticated: boolean, reference: Reference): TagEntry {
  const { connection, attempts, credential } = session;
  if (connection === undefined) throw new RunnerError('INTERNAL', 'the registry answered over no connection');
  return deepFreeze({
    digest,
    connection,
    attempts: [...attempts],
    credential,
    authenticated,
    immutable: reference.digest !== undefined,
  });
}
