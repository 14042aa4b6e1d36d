import type { Candidate } from '../credentials/candidate.ts';
import type { Reference } from '../image/reference.ts';

/** The same for the same image and the same logins: what a registry said about them counts for nobody else. */
export function cacheKey(reference: Reference, candidates: readonly Candidate[]): string {
  return keyOf(reference, candidates, (candidate) =>
    candidate.kind === 'login' ? [candidate.fingerprint] : ['broken', candidate.reason],
  );
}

/**
 * The same also when a program has given another login for the same purpose, or fails in another way: what one of them was
 * let to know may be told to whoever has the next one.
 */
export function tagKey(reference: Reference, candidates: readonly Candidate[]): string {
  return keyOf(reference, candidates, (candidate) =>
    candidate.kind === 'login' ? [candidate.issued?.scope ?? candidate.fingerprint] : ['broken'],
  );
}

function keyOf(
  reference: Reference,
  candidates: readonly Candidate[],
  identify: (candidate: Candidate) => readonly string[],
): string {
  const logins = candidates.map((candidate) => [candidate.key, ...identify(candidate)]);
  return JSON.stringify([reference.canonical, logins]);
}
