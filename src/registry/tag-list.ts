import { nextPage, parseTagPage } from './tag-page.ts';
import { allHeaders } from './transport/http-header.ts';
import type { TransportResponse } from './transport/transport-request.ts';

export interface TagList {
  /** As the registry orders them, none twice. */
  readonly tags: readonly string[];
  /** False where the registry has more than are read. */
  readonly complete: boolean;
}

interface Page {
  readonly response: Pick<TransportResponse, 'headers' | 'route'>;
  readonly bytes: Uint8Array;
}

/** Registry-behaviour 6.1b, KT16. */
const maxPages = 100;
const maxTags = 10_000;
const pageSize = 1000;

/**
 * Reads the pages of `path`, one after the other. Where one goes on is said by its `Link` header; a full page without that
 * is asked for what comes after its last tag.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
 */
export async function listTags(path: string, get: (path: string) => Promise<Page>): Promise<TagList> {
  const tags = new Set<string>();
  const first = `${path}${path.includes('?') ? '&' : '?'}n=${String(pageSize)}`;
  let next: string | undefined = first;
  for (let pages = 0; next !== undefined; pages += 1) {
    if (pages >= maxPages || tags.size >= maxTags) return { tags: [...tags].slice(0, maxTags), complete: false };
    const { response, bytes } = await get(next);
    const { origin, authority } = response.route;
    const page = parseTagPage(bytes, authority);
    const known = tags.size;
    for (const tag of page) tags.add(tag);
    const last = page.length >= pageSize && tags.size > known ? page.at(-1) : undefined;
    next =
      nextPage(allHeaders(response.headers, 'link'), new URL(next, origin)) ??
      (last === undefined ? undefined : `${first}&last=${encodeURIComponent(last)}`);
  }
  return { tags: [...tags].slice(0, maxTags), complete: tags.size <= maxTags };
}
