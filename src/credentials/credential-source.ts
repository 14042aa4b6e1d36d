import type { Reference } from '../image/reference.ts';
import { type CallerLogin, callerCandidate } from './caller.ts';
import { anonymous, type Candidate, withoutRepeats } from './candidate.ts';
import { helpedBy } from './helper/helped.ts';
import type { HelperLogins } from './helper/helper-logins.ts';
import { Keyring, type Lookup } from './keyring.ts';
import type { MissingCredentials } from './missing-credentials.ts';

/** What credentials are looked up for; where it is not an image that was asked for, there is no tag. */
export interface ImageName extends Pick<Reference, 'domain' | 'path'>, Partial<Pick<Reference, 'tag'>> {
  /** The image that was asked for, where this is what a mirror calls it. */
  readonly mirrorOf?: Pick<Reference, 'domain' | 'path' | 'tag'>;
}

/** Pull secrets and the like. */
export interface KeyringSource {
  /** None where there are none for the image. @throws RunnerError the signal's reason only */
  keyringsFor(image: ImageName, signal: AbortSignal | undefined): Promise<FoundKeyrings>;
}

export interface FoundKeyrings {
  /** The most important one first. */
  readonly keyrings: readonly Keyring[];
  readonly missing: readonly MissingCredentials[];
}

export interface CandidateSourceOptions {
  readonly signal: AbortSignal | undefined;
  /** See {@link LookupOptions.remembered}. */
  readonly remembered: boolean;
}

/** Programs that are asked for logins. */
export interface CandidateSource {
  /** In their order; a program that fails is a broken candidate. @throws RunnerError the signal's reason only */
  candidatesFor(image: ImageName, options: CandidateSourceOptions): Promise<GivenCandidates>;
}

export interface GivenCandidates {
  readonly candidates: readonly Candidate[];
  /** A program would be asked anew. */
  readonly isOld: boolean;
}

export interface CredentialSourceOptions {
  /** The mounted file. */
  readonly file: { current(options?: { readonly recheck?: boolean }): Promise<Keyring> };
  readonly logins: Pick<HelperLogins, 'get' | 'last' | 'refused'>;
  /** Before the mounted file, as the kubelet has it. Default: none. */
  readonly secrets?: KeyringSource;
  /** After all files, as the kubelet has it. Default: none. */
  readonly providers?: CandidateSource;
  /** All that a registry is called by. Default: its one address. */
  readonly addressesOf?: (domain: string) => readonly string[];
}

export interface LookupOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whose credentials alone are to be used. */
  readonly caller?: CallerLogin | undefined;
  /** What programs said before will do, even where it has ended or they fail now: no registry is shown any of it. */
  readonly remembered?: boolean;
  /** Look at the mounted file even if that was done a moment ago. */
  readonly recheck?: boolean;
}

/** All credentials that the runner has: pull secrets, the mounted file, helpers that it names, and other programs. */
export class CredentialSource {
  readonly #options: CredentialSourceOptions;

  constructor(options: CredentialSourceOptions) {
    this.#options = options;
  }

  /**
   * Every credential that matches the image: that of a helper first, then those of pull secrets and of the mounted file, the
   * most particular key first, then those of other programs. A program without credentials is passed over; one that fails
   * is a broken candidate, since what it did not say may be what the registry wants.
   *
   * @throws RunnerError the signal's reason when it aborts; `REQUEST_INVALID` for the caller's login
   */
  async lookup(
    image: ImageName,
    { signal, caller, recheck = false, remembered = false }: LookupOptions = {},
  ): Promise<Lookup> {
    const { file, logins, secrets, providers, addressesOf } = this.#options;
    if (caller !== undefined) {
      return { candidates: [callerCandidate(caller, image, addressesOf?.(image.domain))], warnings: [] };
    }
    const mounted = await file.current({ recheck });
    const { keyrings = [], missing = [] } = (await secrets?.keyringsFor(image, signal)) ?? {};
    const filed = Keyring.lookupIn([...keyrings, mounted], image);
    const choice = mounted.helperFor(image);
    const options = { signal, remembered };
    const [helped, provided] = await Promise.all([
      choice === undefined ? undefined : helpedBy(logins, choice, image.domain, options),
      providers?.candidatesFor(image, options),
    ]);
    const inFiles = filed.candidates.filter((candidate) => candidate !== anonymous);
    const found = [...(helped?.candidates ?? []), ...inFiles, ...(provided?.candidates ?? [])];
    return {
      ...filed,
      candidates: found.length === 0 ? [anonymous] : withoutRepeats(found),
      missing: [...missing, ...(helped?.missing ?? [])],
      isOld: helped?.isOld === true || provided?.isOld === true,
    };
  }
}
