import { credentialHost, dockerHub } from '../image/docker-hub.ts';
import type { Reference } from '../image/reference.ts';
import { anonymous, type Candidate, withoutRepeats } from './candidate.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { HelperLogins } from './helper/helper-logins.ts';
import type { HelperChoice } from './helper/helper-choices.ts';
import type { HelperQuestion } from './helper/run-helper.ts';
import type { Keyring, Lookup } from './keyring.ts';

/** What helpers know Docker Hub by (registry-behaviour CH9). */
const dockerHubServer = 'https://index.docker.io/v1/';

/** The credentials of the mounted file, and of the helpers that it names. */
export class CredentialSource {
  readonly #file: { current(): Promise<Pick<Keyring, 'lookup' | 'helperFor'>> };
  readonly #logins: Pick<HelperLogins, 'get' | 'refused'>;

  /** @param file is asked once per lookup, so that a rotated file counts at once */
  constructor(
    file: { current(): Promise<Pick<Keyring, 'lookup' | 'helperFor'>> },
    logins: Pick<HelperLogins, 'get' | 'refused'>,
  ) {
    this.#file = file;
    this.#logins = logins;
  }

  /**
   * Every credential that matches the image, that of a helper first. A helper without credentials is passed over; one that
   * fails is a broken candidate, since what it did not say may be what the registry wants.
   *
   * @throws RunnerError the signal's reason when it aborts
   */
  async lookup(reference: Pick<Reference, 'domain' | 'path'>, signal?: AbortSignal): Promise<Lookup> {
    const keyring = await this.#file.current();
    const found = keyring.lookup(reference);
    const choice = keyring.helperFor(reference);
    if (choice === undefined) return found;
    const given = await this.#ask(choice, reference, signal);
    if (given === undefined) return found;
    const others = found.candidates.filter((candidate) => candidate !== anonymous);
    return {
      candidates: withoutRepeats([given, ...others]),
      warnings: given.kind === 'login' ? [...found.warnings, unknownToNode(given.key)] : found.warnings,
    };
  }

  async #ask(
    choice: Exclude<HelperChoice, { kind: 'off' }>,
    { domain }: Pick<Reference, 'domain'>,
    signal: AbortSignal | undefined,
  ): Promise<Candidate | undefined> {
    if (choice.kind === 'broken')
      return { kind: 'broken', key: `credential helper for ${domain}`, reason: choice.reason };
    const server = credentialHost(domain) === dockerHub ? dockerHubServer : domain;
    const question: HelperQuestion = { name: choice.name, server };
    const answer = await this.#logins.get(question, signal);
    const key = `docker-credential-${choice.name} for ${domain}`;
    switch (answer.kind) {
      case 'none':
        return undefined;
      case 'failed':
        return { kind: 'broken', key, reason: answer.reason };
      case 'login': {
        const { login } = answer;
        const refused = (): void => {
          this.#logins.refused(question, login);
        };
        return { kind: 'login', key, login, fingerprint: fingerprintOf(login), helper: { ...question, refused } };
      }
    }
  }
}

function unknownToNode(key: string): string {
  return `the login came from ${key}; the node will not run it, so the pull secret must hold what it returned`;
}
