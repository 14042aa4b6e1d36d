/** What was found instead of a good signature. */
export interface Findings {
  /** Signatures by none of the keys; several hosts may have the same one. */
  readonly otherKeys: Set<string>;
  /** By one of the keys: the digests that they are for. */
  readonly otherImages: Set<string>;
  /** Why the others cannot be used. */
  readonly unusable: Set<string>;
}

const maxShown = 3;

export function noFindings(): Findings {
  return { otherKeys: new Set(), otherImages: new Set(), unusable: new Set() };
}

export function isNothing({ otherKeys, otherImages, unusable }: Findings): boolean {
  return otherKeys.size + otherImages.size + unusable.size === 0;
}

/** For one line of a message, like `2 by other keys; one for sha256:…`. */
export function findingsText({ otherKeys, otherImages, unusable }: Findings): string {
  return [
    ...(otherKeys.size === 0 ? [] : [`${otherKeys.size === 1 ? 'one' : String(otherKeys.size)} by another key`]),
    ...some(otherImages).map((digest) => `one by the right key, but of ${digest}`),
    ...some(unusable).map((reason) => `one that cannot be used (${reason})`),
  ].join('; ');
}

function some(texts: ReadonlySet<string>): readonly string[] {
  const shown = [...texts].slice(0, maxShown);
  return texts.size > maxShown ? [...shown, `${String(texts.size - maxShown)} more`] : shown;
}
