import type { Candidate } from '../candidate.ts';
import type { CandidateSource, CandidateSourceOptions, GivenCandidates, ImageName } from '../credential-source.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { compareKeys, keyTarget, matchKey, shownKey } from '../key.ts';
import type { Given } from './given.ts';
import { matchesPattern } from './provider-pattern.ts';
import type { Provider } from './provider-config.ts';
import { ProviderLogins, type ProviderLoginsOptions, type Told } from './provider-logins.ts';

interface Answered extends Told {
  readonly logins: ProviderLogins;
}

/** The image credential providers of a file as the kubelet has it: programs that are asked for the logins of images. */
export class CredentialProviders implements CandidateSource {
  readonly #file: { current(): Promise<readonly Provider[]> };
  readonly #options: ProviderLoginsOptions;
  #providers: readonly Provider[] = [];
  #logins: readonly ProviderLogins[] = [];

  /** @param file is asked once per lookup, so that a new version counts at once */
  constructor(file: { current(): Promise<readonly Provider[]> }, options: ProviderLoginsOptions) {
    this.#file = file;
    this.#options = options;
  }

  /**
   * All providers that the image matches are asked at once. Of their logins those that match count, the most particular
   * key first, and of equals that of the earlier provider; failures come last.
   */
  async candidatesFor(image: ImageName, options: CandidateSourceOptions): Promise<GivenCandidates> {
    this.#follow(await this.#file.current());
    const asked = this.#logins.filter(({ provider }) =>
      provider.matchImages.some((pattern) => matchesPattern(pattern, image)),
    );
    const answered = await Promise.all(
      asked.map(async (logins) => ({ logins, ...(await logins.get(image, options)) })),
    );
    return {
      candidates: [...loginsOf(answered, image), ...answered.flatMap(failureOf)],
      isOld: answered.some((told) => told.isOld),
    };
  }

  /** What an unchanged provider has answered stays known. */
  #follow(providers: readonly Provider[]): void {
    if (providers === this.#providers) return;
    const known = new Map(this.#logins.map((logins) => [logins.provider.definition, logins]));
    this.#logins = providers.map(
      (provider) => known.get(provider.definition) ?? new ProviderLogins(provider, this.#options),
    );
    this.#providers = providers;
  }
}

function loginsOf(answered: readonly Answered[], { domain, path }: ImageName): readonly Candidate[] {
  const target = keyTarget(domain, path);
  return answered
    .flatMap((told) =>
      told.given.answer.kind === 'failed'
        ? []
        : told.given.answer.entries
            .filter(({ key }) => matchKey(key, target) === 'yes')
            .map(({ text, key, entry }) => ({ key, candidate: candidateOf(told, text, entry) })),
    )
    .toSorted((a, b) => compareKeys(a.key, b.key))
    .map(({ candidate }) => candidate);
}

type Entry = Extract<Given['answer'], { kind: 'answer' }>['entries'][number]['entry'];

function candidateOf({ logins, given }: Answered, text: string, entry: Entry): Candidate {
  const { name } = logins.provider;
  const server = shownKey(text);
  const key = `${shownName(name)} for ${server}`;
  if (entry.kind === 'broken') return { kind: 'broken', key, reason: `in its answer, ${entry.reason}` };
  const fingerprint = fingerprintOf(entry.login);
  const issued = {
    scope: `provider ${name} ${given.scope} ${server}`,
    server,
    expiresAtMs: given.endsAtMs,
    refused: () => {
      logins.refused(given, fingerprint);
    },
  };
  return { kind: 'login', key, login: entry.login, fingerprint, issued };
}

function failureOf({ logins, given }: Answered): readonly Candidate[] {
  if (given.answer.kind !== 'failed') return [];
  const { name } = logins.provider;
  const { reason } = given.answer;
  const hint = `Run ${name} by hand, a CredentialProviderRequest for the image on its standard input: what it writes as errors is not read here.`;
  return [{ kind: 'broken', key: shownName(name), reason, hint, isTemporary: true }];
}

function shownName(name: string): string {
  return `image credential provider ${name}`;
}
