import { createHash } from 'node:crypto';
import { Secret } from '../../../core/secret.ts';
import type { CallerLogin } from '../../../credentials/caller.ts';
import type { BasicLogin } from '../../../credentials/candidate.ts';
import type { SecretContent } from '../node-config.ts';

/** What a node can make of a login. */
export type NodeLogin =
  | ({ readonly kind: 'usable' } & BasicLogin)
  /** The reason holds nothing of it. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** The kubelet knows user and password alone (pkg/credentialprovider/config.go). */
export function nodeLogin(login: CallerLogin['login']): NodeLogin {
  switch (login.kind) {
    case 'basic':
      return { ...login, kind: 'usable' };
    case 'identity-token':
      return login.fallback === undefined
        ? { kind: 'unusable', reason: 'an identity token, which the kubelet does not use' }
        : { kind: 'usable', ...login.fallback };
    case 'registry-token':
      return { kind: 'unusable', reason: 'a registry token, which the kubelet does not use' };
  }
}

/**
 * A docker config with one login, under each of these keys.
 *
 * @param mark see `SecretContent.hash`; by default it is made of the content
 */
export function generatedContent(
  servers: readonly string[],
  { username, password }: BasicLogin,
  marks: NonNullable<SecretContent['marks']>,
  mark?: string,
): SecretContent {
  const auth = Buffer.concat([Buffer.from(`${username}:`), password.reveal()]).toString('base64');
  const bytes = Buffer.from(JSON.stringify({ auths: Object.fromEntries(servers.map((server) => [server, { auth }])) }));
  const dataHash = createHash('sha256').update(bytes).digest('hex');
  return { bytes: new Secret(bytes), hash: mark ?? dataHash, dataHash, fileHash: dataHash, marks };
}
