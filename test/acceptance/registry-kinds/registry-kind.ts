/** What a registry answers, as far as one differs from the other. */
interface Words {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Failure {
  readonly reason: string;
  readonly says: string;
}

interface Tokens {
  /** Host and path of the realm. */
  readonly host: string;
  readonly path: string;
  readonly service: string;
  /** The first one that is asked for. */
  readonly scope: string;
  readonly answer: (token: string) => unknown;
  /** To a wrong password; undefined: a token without rights, as most of them give to nobody in particular. */
  readonly refusal: Words | undefined;
  /** It refuses those without a login, too. */
  readonly refusesNobody?: true;
  /** Takes the password by POST, too, as ACR does a refresh token. */
  readonly refreshToken?: string;
}

/** A kind of registry with the answers that it was seen to give (registry-behaviour 3.9). */
export interface RegistryKind {
  readonly rows: string;
  readonly name: string;
  /** As users write it, without tag. */
  readonly image: string;
  /** Where it answers. */
  readonly apiHost: string;
  readonly repository: string;
  /** Keys under which people keep its login. */
  readonly keys: readonly string[];
  readonly login: { readonly username: string; readonly password: string };
  readonly challenge: string;
  /** Without or with wrong credentials, from the registry itself. */
  readonly unauthorized: Words;
  /** Undefined: it takes Basic itself. */
  readonly tokens: Tokens | undefined;
  /** The registry's answer for a tag that is not there. */
  readonly missing: Words;
  /** Where it was seen: its answer to a right login for another repository that this account may not pull. */
  readonly forbidden?: { readonly words: Words; readonly failure: Failure };
  readonly failures: { readonly wrongPassword: Failure; readonly noLogin: Failure; readonly missingTag: Failure };
}

/** The body of an error as the distribution specification has it. */
export const error = (code: string, message: string, detail?: unknown): string =>
  JSON.stringify({ errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] });
/** The `detail` of many: what was to be done. */
export const pullOf = (name: string): unknown => [{ Type: 'repository', Class: '', Name: name, Action: 'pull' }];
export const missingTag = { reason: 'MAN_NOT_FOUND', says: 'tag v9 does not exist' } as const;
