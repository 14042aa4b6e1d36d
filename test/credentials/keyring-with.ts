import type { Login } from '../../src/credentials/candidate.ts';
import { Keyring } from '../../src/credentials/keyring.ts';
import { parseReference } from '../../src/image/reference.ts';

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A keyring whose every key logs in with the key itself as user name. */
export function keyringWith(...keys: readonly string[]): Keyring {
  return keyringOf(Object.fromEntries(keys.map((key) => [key, { username: key, password: 'pw' }])));
}

export function keyringOf(auths: Readonly<Record<string, unknown>>): Keyring {
  return parseText(JSON.stringify({ auths }));
}

export function parseText(text: string, file = '/etc/auth/.dockerconfigjson'): Keyring {
  return Keyring.parse(Buffer.from(text), file);
}

/** The keys that are tried for an image, in their order; `anonymous` when there are none. */
export function keysFor(keyring: Keyring, image: string): readonly string[] {
  return Keyring.lookupIn([keyring], parseReference(image)).candidates.map(({ key }) => key);
}

/** The first candidate's login with its secrets in the open, or why it is broken. */
export function firstLogin(keyring: Keyring, image: string): unknown {
  const [first] = Keyring.lookupIn([keyring], parseReference(image)).candidates;
  if (first === undefined) throw new Error('a keyring always has a candidate');
  return first.kind === 'broken' ? { broken: first.reason } : openly(first.login);
}

export function openly(login: Login): unknown {
  switch (login.kind) {
    case 'anonymous':
      return 'anonymous';
    case 'basic':
      return `${login.username} / ${login.password.reveal().toString('latin1')}`;
    case 'identity-token': {
      const { fallback } = login;
      const basic = fallback && `${fallback.username} / ${fallback.password.reveal().toString()}`;
      return { identityToken: login.token.reveal().toString(), fallback: basic };
    }
    case 'registry-token':
      return { registryToken: login.token.reveal().toString() };
  }
}
