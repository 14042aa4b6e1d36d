import type { Secret } from '../core/secret.ts';

export interface BasicLogin {
  readonly username: string;
  readonly password: Secret;
}

/** What to prove one's identity with. */
export type Login =
  | { readonly kind: 'anonymous' }
  | ({ readonly kind: 'basic' } & BasicLogin)
  /** An OAuth2 refresh token; the fallback is for token services that do not take it. */
  | { readonly kind: 'identity-token'; readonly token: Secret; readonly fallback: BasicLogin | undefined }
  /** Goes to the registry as it is, as Bearer. */
  | { readonly kind: 'registry-token'; readonly token: Secret };

/** Where a login comes from that stands in no file: a program gave it. */
export interface Issued {
  /** Who gives it for what; the same while only the login changes. No secret. */
  readonly scope: string;
  /** Its key in a docker config for nodes: `host[:port][/path]`, `https://index.docker.io/v1/` for Docker Hub. */
  readonly server: string;
  /** When it ends, in milliseconds since the epoch; undefined when the program does not tell. */
  readonly expiresAtMs: number | undefined;
  /** To be told when a registry answered 401 or 403 to the login: the program may have another one by now. */
  readonly refused: () => void;
}

/** A credential that matches an image: an entry of a credentials file or pull secret, or what a program or the caller gave. */
export type Candidate =
  | {
      readonly kind: 'login';
      /** As in the file, without any user information; `anonymous` for none. */
      readonly key: string;
      readonly login: Login;
      /** Tells logins apart without telling what they are: a hash keyed anew in each process; `anonymous` for none. */
      readonly fingerprint: string;
      readonly issued?: Issued;
    }
  /** An entry that cannot be read: to be reported as `CFG_ENTRY_AUTH` when its turn comes. The reason holds no value. */
  | {
      readonly kind: 'broken';
      readonly key: string;
      readonly reason: string;
      /** What would mend it, where that is not an entry of a file. */
      readonly hint?: string;
      /** A program failed that may well give a login later: `CREDENTIALS_UNAVAILABLE` instead. */
      readonly isTemporary?: boolean;
    };

export const anonymous: Candidate = {
  kind: 'login',
  key: 'anonymous',
  login: { kind: 'anonymous' },
  fingerprint: 'anonymous',
};

/** The same login under two keys would only be refused twice. */
export function withoutRepeats(candidates: readonly Candidate[]): readonly Candidate[] {
  const seen = new Set<string>();
  return candidates.filter((candidate) => {
    if (candidate.kind === 'broken') return true;
    const isNew = !seen.has(candidate.fingerprint);
    seen.add(candidate.fingerprint);
    return isNew;
  });
}
