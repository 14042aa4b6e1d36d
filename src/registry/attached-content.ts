import { type ErrorCode, toRunnerError } from '../core/errors.ts';
import type { Digest } from '../image/digest.ts';
import type { Descriptor } from './content/descriptor.ts';
import { imageTypes, simpleMediaType } from './content/media-type.ts';
import { checkContent } from './content/verify.ts';
import type { FetchedDocument, HostSession } from './host-session.ts';
import { apiPath } from './registry-host.ts';
import { nextPage } from './tag-page.ts';
import { allHeaders, firstHeader } from './transport/http-header.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestTypes = [...imageTypes].join(', ');
const maxReferrersPages = 5;
/** By these, beside the specified 404, registries say that they have no referrers API. */
const withoutApi: ReadonlySet<number> = new Set([400, 405, 406, 501]);
/** It is not there. A web page counts too: that this is a registry has been seen before. */
const absent: ReadonlySet<ErrorCode> = new Set(['MAN_NOT_FOUND', 'REPO_NOT_FOUND', 'NOT_A_REGISTRY']);

/**
 * What one host has beside the images of a repository: signatures, and whatever else refers to an image. It comes as bytes,
 * unread; asked for by tag they are whatever the host says, by descriptor they are what was asked for.
 */
export class AttachedContent {
  readonly #session: HostSession;
  readonly #repository: string;

  /** @param repository without the host */
  constructor(session: HostSession, repository: string) {
    this.#session = session;
    this.#repository = repository;
  }

  /** A manifest of at most 4 MiB; undefined where there is none. */
  async manifest(target: string | Descriptor, signal: AbortSignal): Promise<Buffer | undefined> {
    if (typeof target === 'string') return this.#manifest(target, manifestTypes, signal);
    const bytes = await this.#manifest(target.digest.text, manifestTypes, signal);
    if (bytes !== undefined) checkContent(target, bytes);
    return bytes;
  }

  /**
   * The index of everything that refers to `digest`, a page each, at most 5: from the referrers API, or under the tag that
   * stands for it where a registry lacks that. Empty where nothing does.
   * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
   */
  async referrers(digest: Digest, signal: AbortSignal): Promise<readonly Buffer[]> {
    const pages = await this.#referrerPages(digest, signal);
    if (pages !== undefined) return pages;
    // The hex is cut as the specification has it: a tag could not hold all of a sha512.
    const index = await this.#manifest(`${digest.algorithm}-${digest.hex.slice(0, 64)}`, indexType, signal);
    return index === undefined ? [] : [index];
  }

  /** A blob of at most 4 MiB, held against its descriptor: `MAN_SIZE`, `MAN_DIGEST`, `BLOB_UNKNOWN`. */
  async blob(descriptor: Descriptor, signal: AbortSignal): Promise<Buffer> {
    return this.#session.fetchBlob(descriptor, signal);
  }

  async #manifest(target: string, accept: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const path = this.#path(`manifests/${target}`);
    try {
      return (await this.#session.fetchDocument({ content: 'manifest', target, path, accept }, signal)).bytes;
    } catch (thrown) {
      if (absent.has(toRunnerError(thrown).code)) return undefined;
      throw thrown;
    }
  }

  /** Undefined where there is no such API. */
  async #referrerPages(digest: Digest, signal: AbortSignal): Promise<readonly Buffer[] | undefined> {
    const pages: Buffer[] = [];
    let next: string | undefined = this.#path(`referrers/${digest.text}`);
    while (next !== undefined && pages.length < maxReferrersPages) {
      const path: string = next;
      const page = await this.#referrerPage(path, digest.text, signal);
      if (page === undefined) return undefined;
      pages.push(page.bytes);
      next = nextPage(allHeaders(page.response.headers, 'link'), new URL(path, page.response.route.origin));
    }
    return pages;
  }

  async #referrerPage(path: string, target: string, signal: AbortSignal): Promise<FetchedDocument | undefined> {
    try {
      const page = await this.#session.fetchDocument({ content: 'referrers', target, path, accept: indexType }, signal);
      return simpleMediaType(firstHeader(page.response.headers, 'content-type')) === indexType ? page : undefined;
    } catch (thrown) {
      const { code, details } = toRunnerError(thrown);
      if (absent.has(code)) return undefined;
      if (code === 'REGISTRY_ERROR' && withoutApi.has(details.httpStatus ?? 0)) return undefined;
      throw thrown;
    }
  }

  #path(rest: string): string {
    return apiPath(this.#session.host, `/${this.#repository}/${rest}`);
  }
}
