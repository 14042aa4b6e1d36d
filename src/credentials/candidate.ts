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

/** One entry of the credentials file that matches an image. */
export type Candidate =
  | {
      readonly kind: 'login';
      /** As in the file, without any user information; `anonymous` for none. */
      readonly key: string;
      readonly login: Login;
      /** Tells logins apart without telling what they are: a hash keyed anew in each process; `anonymous` for none. */
      readonly fingerprint: string;
    }
  /** An entry that cannot be read: to be reported as `CFG_ENTRY_AUTH` when its turn comes. The reason holds no value. */
  | { readonly kind: 'broken'; readonly key: string; readonly reason: string };

export const anonymous: Candidate = {
  kind: 'login',
  key: 'anonymous',
  login: { kind: 'anonymous' },
  fingerprint: 'anonymous',
};
