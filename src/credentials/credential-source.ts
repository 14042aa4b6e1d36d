import type { Reference } from '../image/reference.ts';
import { type CallerLogin, callerCandidate } from './caller.ts';
import { anonymous, type Candidate, withoutRepeats } from './candidate.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { HelperLogins } from './helper/helper-logins.ts';
import type { HelperChoice } from './helper/helper-choices.ts';
import type { HelperQuestion } from './helper/run-helper.ts';
import { Keyring, type Lookup } from './keyring.ts';
import type { MissingCredentials } from './missing-credentials.ts';
import { notOnPath } from './program/run-program.ts';
import { serverOf } from './server-of.ts';

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
  candidatesFor(image: ImageName, options: CandidateSourceOptions): Promise<readonly Candidate[]>;
}

export interface CredentialSourceOptions {
  /** The mounted file. */
  readonly file: { current(options?: { readonly recheck?: boolean }): Promise<Keyring> };
  readonly logins: Pick<HelperLogins, 'get' | 'last' | 'refused'>;
  /** Before the mounted file, as the kubelet has it. Default: none. */
  readonly secrets?: KeyringSource;
  /** After all files, as the kubelet has it. Default: none. */
  readonly providers?: CandidateSource;
}

export interface LookupOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whose credentials alone are to be used. */
  readonly caller?: CallerLogin | undefined;
  /** What programs said before will do, even where it has ended: no registry is shown any of it. */
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
   * is a broken candidate, since what it did not say may be what the registry wants. A store for all registries that is not
   * installed is only told of when a registry refuses: files with one are copied to machines without it.
   *
   * @throws RunnerError the signal's reason when it aborts; `REQUEST_INVALID` for the caller's login
   */
  async lookup(
    image: ImageName,
    { signal, caller, recheck = false, remembered = false }: LookupOptions = {},
  ): Promise<Lookup> {
    if (caller !== undefined) return { candidates: [callerCandidate(caller, image)], warnings: [] };
    const { file, secrets, providers } = this.#options;
    const mounted = await file.current({ recheck });
    const { keyrings = [], missing = [] } = (await secrets?.keyringsFor(image, signal)) ?? {};
    const filedAlone = Keyring.lookupIn([...keyrings, mounted], image);
    const choice = mounted.helperFor(image);
    const asked = choice === undefined ? undefined : await this.#ask(choice, image, { signal, remembered });
    const gone = asked?.kind === 'broken' && isGoneStore(choice, asked.reason) ? asked : undefined;
    const helped = gone === undefined ? asked : undefined;
    const provided = (await providers?.candidatesFor(image, { signal, remembered })) ?? [];
    const absent = gone === undefined ? [] : [{ problem: `${gone.key}: ${gone.reason}`, hint: gone.hint ?? '' }];
    const found = { ...filedAlone, missing: [...missing, ...absent] };
    if (helped === undefined && provided.length === 0) return found;
    const filed = found.candidates.filter((candidate) => candidate !== anonymous);
    return {
      ...found,
      candidates: withoutRepeats([...(helped === undefined ? [] : [helped]), ...filed, ...provided]),
    };
  }

  async #ask(
    choice: Exclude<HelperChoice, { kind: 'off' }>,
    { domain }: ImageName,
    { signal, remembered }: CandidateSourceOptions,
  ): Promise<Candidate | undefined> {
    if (choice.kind === 'broken')
      return { kind: 'broken', key: `credential helper for ${domain}`, reason: choice.reason };
    const { logins } = this.#options;
    const server = serverOf(domain);
    const question: HelperQuestion = { name: choice.name, server };
    const last = remembered ? logins.last(question) : undefined;
    const { answer, isOld } = last ?? { answer: await logins.get(question, signal), isOld: false };
    const key = `docker-credential-${choice.name} for ${domain}`;
    switch (answer.kind) {
      case 'none':
        return undefined;
      case 'failed':
        return {
          kind: 'broken',
          key,
          reason: answer.reason,
          hint: `Run docker-credential-${choice.name} get by hand, with ${server} on its standard input: what it writes is not shown here.`,
        };
      case 'login': {
        const { login } = answer;
        const refused = (): void => {
          logins.refused(question, login);
        };
        const issued = {
          scope: `helper ${choice.name} ${server}`,
          server,
          expiresAtMs: undefined,
          isOld,
          refused,
        };
        return { kind: 'login', key, login, fingerprint: fingerprintOf(login), issued };
      }
    }
  }
}

function isGoneStore(choice: HelperChoice | undefined, reason: string): boolean {
  return choice?.kind === 'program' && choice.isStore === true && reason === notOnPath;
}
