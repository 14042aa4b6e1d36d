import { createHmac, randomBytes } from 'node:crypto';

import type { BasicLogin, Login } from './candidate.ts';

const processKey = randomBytes(32);
const hexLength = 16;

/** The same for equal logins within this process, and useless outside of it. */
export function fingerprintOf(login: Login): string {
  return login.kind === 'anonymous' ? 'anonymous' : loginDigest(processKey, login).slice(0, hexLength);
}

/**
 * HMAC-SHA-256 of all parts of a login, hexadecimal: the same for equal logins wherever the same key is used.
 *
 * @param also further texts that shall tell digests apart
 */
export function loginDigest(key: Uint8Array, login: Login, also: readonly string[] = []): string {
  const hmac = createHmac('sha256', key);
  for (const part of [login.kind, ...partsOf(login), ...also]) {
    const bytes = Buffer.from(part);
    hmac.update(`${String(bytes.length)}:`).update(bytes);
  }
  return hmac.digest('hex');
}

function partsOf(login: Login): readonly (string | Buffer)[] {
  switch (login.kind) {
    case 'anonymous':
      return [];
    case 'basic':
      return basicParts(login);
    case 'identity-token':
      return [login.token.reveal(), ...(login.fallback === undefined ? [] : basicParts(login.fallback))];
    case 'registry-token':
      return [login.token.reveal()];
  }
}

function basicParts({ username, password }: BasicLogin): readonly (string | Buffer)[] {
  return [username, password.reveal()];
}
