import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { decodeBase64 } from '../../credentials/base64.ts';

/**
 * What the kubelet makes of one value of `auths`, and what to give it instead. It reads `auth`, else `username` and
 * `password`, and no tokens; what it cannot read makes it refuse the whole file (pkg/credentialprovider/config.go).
 */
export type NodeEntry =
  | { readonly kind: 'usable'; readonly value: unknown; readonly isRewritten: boolean }
  /** Nothing to log in with. */
  | { readonly kind: 'empty'; readonly value: unknown }
  /** Harmless, but no help. */
  | { readonly kind: 'unusable'; readonly value: unknown; readonly reason: string }
  /** Must not reach the node. */
  | { readonly kind: 'harmful'; readonly reason: string };

interface Login {
  readonly username: Buffer;
  readonly password: Buffer;
}

/** Azure's registries take a refresh token as the password of this user, beside OAuth2. */
const azureTokenUser = '00000000-0000-0000-0000-000000000000';

const fieldsRead = ['auth', 'username', 'password', 'email'] as const;

/** @param value unread, from the file; a reason never quotes it */
export function nodeEntry(value: unknown): NodeEntry {
  if (value === null) return { kind: 'empty', value };
  if (!isJsonObject(value)) return { kind: 'harmful', reason: 'is not an object' };
  const fields = lowerCased(value);
  for (const name of fieldsRead) {
    if (!['string', 'undefined'].includes(typeof fields[name]))
      return { kind: 'harmful', reason: `${name} is not a text` };
  }
  const auth = textOf(fields, 'auth');
  if (auth === '') {
    const login = {
      username: Buffer.from(textOf(fields, 'username')),
      password: Buffer.from(textOf(fields, 'password')),
    };
    return entryOf(value, fields, login, !login.username.includes(':'));
  }
  const login = decodeAuth(auth);
  return typeof login === 'string' ? { kind: 'harmful', reason: login } : entryOf(value, fields, login, false);
}

function entryOf(value: JsonObject, fields: JsonObject, login: Login, isRewritten: boolean): NodeEntry {
  const { username, password } = login;
  if (password.length > 0) return { kind: 'usable', value: isRewritten ? withAuth(login) : value, isRewritten };
  const token = textOf(fields, 'identitytoken');
  if (token !== '' && username.toString() === azureTokenUser) {
    return { kind: 'usable', value: withAuth({ username, password: Buffer.from(token) }), isRewritten: true };
  }
  if (token !== '') return { kind: 'unusable', value, reason: 'an identity token, which the kubelet does not use' };
  if (textOf(fields, 'registrytoken') !== '') {
    return { kind: 'unusable', value, reason: 'a registry token, which the kubelet does not use' };
  }
  if (username.length === 0) return { kind: 'empty', value };
  return { kind: 'usable', value: isRewritten ? withAuth(login) : value, isRewritten };
}

function withAuth({ username, password }: Login): JsonObject {
  return { auth: Buffer.concat([username, Buffer.from(':'), password]).toString('base64') };
}

/** Or what is wrong with it. */
function decodeAuth(auth: string): Login | string {
  const bytes = decodeBase64(auth);
  if (bytes === undefined) return 'auth is not base64';
  const colon = bytes.indexOf(':');
  if (colon === -1) return 'auth is not base64 of user:password';
  return { username: bytes.subarray(0, colon), password: bytes.subarray(colon + 1) };
}

/** Field names count in any case, as Go reads them; null is as good as nothing. */
function lowerCased(value: JsonObject): JsonObject {
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [name.toLowerCase(), field]));
}

function textOf(fields: JsonObject, name: string): string {
  const field = fields[name];
  return typeof field === 'string' ? field : '';
}
