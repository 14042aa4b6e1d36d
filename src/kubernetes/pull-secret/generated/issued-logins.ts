import type { Candidate } from '../../../credentials/candidate.ts';
import type { CredentialSource, ImageName, LookupOptions } from '../../../credentials/credential-source.ts';
import { nodeLogin } from './generated-content.ts';
import { issuedName } from './generated-names.ts';
import type { IssuedLogin } from './generated-secrets.ts';

interface IssuedLoginsOptions {
  readonly credentials: Pick<CredentialSource, 'lookup'>;
  /** `--registry-auth-secret-name` */
  readonly name: string;
  /** Keys under which a login has to stand besides its own. */
  readonly alsoUnder: (server: string) => readonly string[];
}

/** What programs give for one image. */
export interface IssuedFor {
  readonly logins: readonly IssuedLogin[];
  /** Of the secrets with them, and of those that a program which fails now gave a login for before. */
  readonly names: readonly string[];
  readonly warnings: readonly string[];
}

type LoginCandidate = Extract<Candidate, { readonly kind: 'login' }>;

const maxRemembered = 1000;

/** The logins of programs as nodes can use them. */
export class IssuedLogins {
  readonly #options: IssuedLoginsOptions;
  readonly #names = new Map<string, readonly string[]>();

  constructor(options: IssuedLoginsOptions) {
    this.#options = options;
  }

  /** @throws {RunnerError} only the signal's reason */
  async for(image: ImageName, options: Pick<LookupOptions, 'signal' | 'remembered'> = {}): Promise<IssuedFor> {
    const { candidates } = await this.#options.credentials.lookup(image, options);
    const found = candidates.filter((candidate) => candidate.kind === 'login');
    const issued = found.filter((candidate) => candidate.issued !== undefined);
    const logins = issued.flatMap((candidate) => this.#loginOf(candidate));
    const isHeld = issued.length < found.filter(({ login }) => login.kind !== 'anonymous').length;
    const isComplete = found.length === candidates.length;
    return {
      logins,
      names: this.#namesFor(image, logins, isComplete),
      warnings: logins.length > 0 || isHeld ? [] : warningsFor(image, issued),
    };
  }

  /** The programs are to be asked again: a registry refused what they gave. */
  async refused(image: ImageName, signal: AbortSignal): Promise<void> {
    const { candidates } = await this.#options.credentials.lookup(image, { signal });
    for (const candidate of candidates) if (candidate.kind === 'login') candidate.issued?.refused();
  }

  #loginOf({ login, fingerprint, issued }: LoginCandidate): readonly IssuedLogin[] {
    if (issued === undefined || login.kind === 'anonymous') return [];
    const usable = nodeLogin(login);
    if (usable.kind === 'unusable') return [];
    const { scope, server, expiresAtMs } = issued;
    const servers = [...new Set([server, ...this.#options.alsoUnder(server)])];
    const { username, password } = usable;
    return [{ scope, servers, login: { username, password }, fingerprint, expiresAtMs }];
  }

  /** A program that fails for a moment must not change what pods are like. */
  #namesFor({ domain, path }: ImageName, logins: readonly IssuedLogin[], isComplete: boolean): readonly string[] {
    const key = `${domain}/${path}`;
    const names = logins.map(({ scope }) => issuedName(this.#options.name, scope));
    const before = this.#names.get(key) ?? [];
    if (names.length === 0 && before.length === 0) return names;
    const all = isComplete ? names : [...new Set([...before, ...names])];
    this.#names.delete(key);
    this.#names.set(key, all);
    const [oldest] = this.#names.keys();
    if (this.#names.size > maxRemembered && oldest !== undefined) this.#names.delete(oldest);
    return all;
  }
}

function warningsFor({ domain, path }: ImageName, issued: readonly LoginCandidate[]): readonly string[] {
  const reasons = issued.flatMap(({ key, login }) => {
    if (login.kind === 'anonymous') return [];
    const found = nodeLogin(login);
    return found.kind === 'unusable' ? [`${key}: ${found.reason}`] : [];
  });
  if (reasons.length === 0) return [];
  return [`${domain}/${path}: the node has no credentials that it can use: ${reasons.join('; ')}`];
}
