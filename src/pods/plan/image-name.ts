import type { Reference } from '../../image/reference.ts';
import { expandShortName } from '../../image/reference-grammar.ts';
import type { Resolution } from '../../resolver/resolution.ts';

/** Registry and path, in a spelling that every container runtime reads the same. */
export function repositoryOf(reference: Reference): string {
  return reference.canonical.slice(0, -(reference.target.length + 1));
}

/** `repository@digest`. */
export function pinnedImage(resolution: Resolution): string {
  return `${repositoryOf(resolution.reference)}@${resolution.digest}`;
}

/** The name as requested, with the default prefix where it is short. A name with a digest is pinned as it is. */
export function requestedImage(resolution: Resolution, defaultImagePrefix: string): string {
  const { reference } = resolution;
  return reference.digest === undefined
    ? expandShortName(reference.input, defaultImagePrefix)
    : pinnedImage(resolution);
}
