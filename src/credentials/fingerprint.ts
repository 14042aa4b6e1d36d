import { createHmac, randomBytes } from 'node:crypto';

import type { BasicLogin, Login } from './candidate.ts';

const processKey = randomBytes(32);
const hexLength = 16;

/** The same for equal logins within this process, and useless outside of it. */
export function fingerprintOf(login: Login): string {
  const parts = partsOf(login);
  if (parts.length === 0) return 'anonymous';
  const hmac = createHmac('sha256', processKey);
  for (const part of [login.kind, ...parts]) hmac.update(`${String(part.length)}:`).update(part);
  return hmac.digest('hex').slice(0, hexLength);
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
