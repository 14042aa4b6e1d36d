import { decodeJson, isJsonObject } from '../core/json.ts';
import { RunnerError } from '../core/errors.ts';
import { shownUrl } from '../core/safe-text.ts';

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const tagGrammar = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** The tags of one page; `tags` may be null, and what is no tag is left out. Throws `NOT_A_REGISTRY`. */
export function parseTagPage(bytes: Uint8Array, registry: string): readonly string[] {
  const tags = tagsOf(bytes);
  if (tags === undefined) {
    throw new RunnerError('NOT_A_REGISTRY', `${registry} answered the question for tags with something else`, {
      hint: `Check that ${registry} is the registry you mean.`,
    });
  }
  return tags.filter((tag) => typeof tag === 'string').filter((tag) => tagGrammar.test(tag));
}

function tagsOf(bytes: Uint8Array): readonly unknown[] | undefined {
  try {
    const page = decodeJson(bytes);
    if (!isJsonObject(page)) return undefined;
    const tags = page['tags'] ?? [];
    return Array.isArray(tags) ? tags : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Where the next page is, as path and query of the same origin; undefined after the last one (RFC 8288, `rel="next"`).
 * Throws `REDIRECT_REFUSED` for another origin: what the registry gets, credentials included, is for it alone.
 */
export function nextPage(links: readonly string[], current: URL): string | undefined {
  for (const link of links.flatMap((header) => header.split(/,(?=\s*<)/))) {
    const [, target = '', parameters = ''] = /^\s*<([^<>]{0,8192})>(.*)$/s.exec(link) ?? [];
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(parameters) ?? [];
    if (target === '' || !(quoted ?? bare ?? '').toLowerCase().split(/\s+/).includes('next')) continue;
    const url = URL.parse(target, current.href);
    // A path that begins with two slashes would name a host wherever it is read as a reference.
    if (url?.origin === current.origin && !url.pathname.startsWith('//')) return url.pathname + url.search;
    const where = url === null ? 'no URL' : shownUrl(url);
    throw new RunnerError(
      'REDIRECT_REFUSED',
      `the next page of tags of ${shownUrl(current)} would be ${where}; refused`,
      {
        hint: `Ask whoever runs ${current.host} why its list of tags goes on elsewhere.`,
      },
    );
  }
  return undefined;
}
