import { isJsonObject } from '../core/json.ts';
import { Secret } from '../core/secret.ts';
import { decodeBase64 } from './base64.ts';
import type { BasicLogin, Login } from './candidate.ts';

/** What one entry of `auths` holds. `empty` has nothing to log in with; a broken one's reason never holds a value. */
export type Entry =
  | { readonly kind: 'login'; readonly login: Login }
  | { readonly kind: 'empty' }
  | { readonly kind: 'broken'; readonly reason: string };

const fieldNames = ['auth', 'username', 'password', 'identitytoken', 'registrytoken', 'email'] as const;
type FieldName = (typeof fieldNames)[number];
type Fields = Readonly<Record<FieldName, string>>;

/** One value of `auths`, e.g. `{"auth": "<base64 of user:password>"}`. Field names in any case, as Go reads them. */
export function parseEntry(value: unknown): Entry {
  if (value === null) return { kind: 'empty' };
  if (!isJsonObject(value)) return broken('is not an object');
  const fields: Record<FieldName, string> = {
    auth: '',
    username: '',
    password: '',
    identitytoken: '',
    registrytoken: '',
    email: '',
  };
  for (const [key, field] of Object.entries(value)) {
    const name = fieldNames.find((known) => known === key.toLowerCase());
    if (name === undefined || field === null) continue;
    if (typeof field !== 'string') return broken(`${name} is not a text`);
    fields[name] = field;
  }
  return entryOf(fields);
}

/** Whether a value looks like an entry at all, for documents where anything else may stand beside them. */
export function holdsCredentialField(value: unknown): boolean {
  return (
    isJsonObject(value) &&
    Object.keys(value).some((key) => fieldNames.some((known) => known !== 'email' && known === key.toLowerCase()))
  );
}

function entryOf(fields: Fields): Entry {
  const basic = fields.auth === '' ? basicOf(fields) : decodeAuth(fields.auth);
  if (typeof basic === 'string') return broken(basic);
  if (fields.registrytoken !== '') return tokenEntry('registrytoken', fields.registrytoken, basic);
  if (fields.identitytoken !== '') return tokenEntry('identitytoken', fields.identitytoken, basic);
  return basic === undefined ? { kind: 'empty' } : { kind: 'login', login: { kind: 'basic', ...basic } };
}

function tokenEntry(name: 'registrytoken' | 'identitytoken', token: string, basic: BasicLogin | undefined): Entry {
  if (!/^[\x21-\x7e]+$/.test(token))
    return broken(`${name} holds a blank, a control character or a non-ASCII character`);
  const secret = new Secret(token);
  if (name === 'registrytoken') return { kind: 'login', login: { kind: 'registry-token', token: secret } };
  const fallback = basic?.password.length === 0 ? undefined : basic;
  return { kind: 'login', login: { kind: 'identity-token', token: secret, fallback } };
}

/** The login, undefined when the field decodes to nothing, or what is wrong with it. */
function decodeAuth(auth: string): BasicLogin | string | undefined {
  const bytes = decodeBase64(auth);
  if (bytes === undefined) return 'auth is not base64';
  const colon = bytes.indexOf(':');
  if (colon === -1) return 'auth is not base64 of user:password';
  const username = decodeUtf8(bytes.subarray(0, colon));
  if (username === undefined) return 'user name is not UTF-8';
  return checkedLogin(username, bytes.subarray(colon + 1));
}

function basicOf({ username, password }: Fields): BasicLogin | string | undefined {
  return checkedLogin(username, Buffer.from(password));
}

/** The password stays as bytes: a text would lose what is not UTF-8. It may have lines, as Google's JSON key files do. */
function checkedLogin(username: string, password: Buffer): BasicLogin | string | undefined {
  if (username === '' && password.length === 0) return undefined;
  if (/[\r\n\0]/.test(username)) return 'user name holds a line break or NUL';
  if (password.includes(0)) return 'password holds a NUL';
  return { username, password: new Secret(password) };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function broken(reason: string): Entry {
  return { kind: 'broken', reason };
}
