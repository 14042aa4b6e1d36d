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

/** The program that gave a login, which stands in no file. */
interface HelperOrigin {
  /** `NAME` of `docker-credential-NAME`. */
  readonly name: string;
  /** What the program was asked for: the key of the login in a docker config, `https://index.docker.io/v1/` for Docker Hub. */
  readonly server: string;
  /** To be told when a registry answered 401 or 403 to the login: the program may have another one by now. */
  readonly refused: () => void;
}

/** A credential that matches an image: an entry of the credentials file, or what a helper named there returned. */
export type Candidate =
  | {
      readonly kind: 'login';
      /** As in the file, without any user information; `anonymous` for none. */
      readonly key: string;
      readonly login: Login;
      /** Tells logins apart without telling what they are: a hash keyed anew in each process; `anonymous` for none. */
      readonly fingerprint: string;
      readonly helper?: HelperOrigin;
    }
  /** An entry that cannot be read: to be reported as `CFG_ENTRY_AUTH` when its turn comes. The reason holds no value. */
  | { readonly kind: 'broken'; readonly key: string; readonly reason: string };

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
