import type { Candidate } from '../credentials/candidate.ts';
import type { Reference } from '../image/reference.ts';

/** The same for the same image and the same logins: what a registry said about them counts for nobody else. */
export function cacheKey(reference: Reference, candidates: readonly Candidate[]): string {
  return keyOf(reference, candidates, ({ fingerprint }) => fingerprint);
}

/**
 * The same also when a program has given another login for the same purpose: what one of them was let to know may be told to
 * whoever has the next one.
 */
export function tagKey(reference: Reference, candidates: readonly Candidate[]): string {
  return keyOf(reference, candidates, ({ fingerprint, issued }) => issued?.scope ?? fingerprint);
}

function keyOf(
  reference: Reference,
  candidates: readonly Candidate[],
  identify: (candidate: Extract<Candidate, { readonly kind: 'login' }>) => string,
): string {
  const logins = candidates.map((candidate) =>
    candidate.kind === 'login' ? [candidate.key, identify(candidate)] : [candidate.key, 'broken', candidate.reason],
  );
  return JSON.stringify([reference.canonical, logins]);
}
