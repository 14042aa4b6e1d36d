import type { Candidate } from '../credentials/candidate.ts';
import type { Reference } from '../image/reference.ts';

/** What a name points at. */
export interface ResolvedName {
  readonly reference: Reference;
  /** The digest that is pinned, of an index or a manifest. */
  readonly digest: string;
  /** Whose credentials the registry is asked with; to be called only where it is asked. */
  readonly candidates: () => Promise<readonly Candidate[]>;
}

/** Whether what an image name points at may be run. */
export interface ImageVerifier {
  /**
   * @returns by whom it is signed, where somebody has to have signed it
   * @throws {RunnerError} when it must not be run, or when that cannot be found out
   */
  verify(name: ResolvedName, signal: AbortSignal): Promise<string | undefined>;
}
