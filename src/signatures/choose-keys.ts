import { ImagePattern } from '../image/image-pattern.ts';
import type { Reference } from '../image/reference.ts';
import { sameRegistry } from './same-registry.ts';
import type { VerifyOption } from './verify-option.ts';

/**
 * The files of the keys of which one has to have signed an image; undefined where no signature is asked for. The most
 * particular pattern that matches counts alone, so that some images can have keys of their own beside a general one; the
 * keys of equally particular ones are taken together.
 *
 * @param names every name of the image: where it is looked up, and where nodes pull it
 */
export function keyFilesFor(
  options: readonly VerifyOption[],
  names: readonly Pick<Reference, 'domain' | 'path'>[],
): readonly string[] | undefined {
  const spellings = names.flatMap(({ domain, path }) => sameRegistry(domain).map((each) => ({ domain: each, path })));
  const matching = options
    .filter(({ pattern }) => pattern === undefined || spellings.some((name) => pattern.matches(name)))
    .toSorted(moreParticularFirst);
  const [best] = matching;
  if (best === undefined) return undefined;
  const chosen = matching.filter((option) => moreParticularFirst(best, option) === 0);
  return [...new Set(chosen.flatMap(({ files }) => files))];
}

function moreParticularFirst(a: VerifyOption, b: VerifyOption): number {
  if (a.pattern === undefined || b.pattern === undefined) {
    return Number(a.pattern === undefined) - Number(b.pattern === undefined);
  }
  return ImagePattern.compare(a.pattern, b.pattern);
}
