import type { Candidate } from '../credentials/candidate.ts';
import type { Reference } from '../image/reference.ts';

/** One answer may serve all who ask for the same image with the same credentials, and nobody else. */
export function cacheKey(reference: Reference, candidates: readonly Candidate[]): string {
  const logins = candidates.map((candidate) =>
    candidate.kind === 'login' ? [candidate.key, candidate.fingerprint] : [candidate.key, 'broken', candidate.reason],
  );
  return JSON.stringify([reference.canonical, logins]);
}
