import { Secret } from '../../core/secret.ts';
import type { BasicLogin, Login } from '../../credentials/candidate.ts';

/** `Basic base64(user:password)` (RFC 7617), made from bytes, since passwords need not be text. */
export function basicAuthorization(login: BasicLogin): Secret {
  return new Secret(`Basic ${base64Pair(login)}`);
}

/** The login that answers a Basic challenge, if there is one. An identity token is no password. */
export function basicLoginOf(login: Login): BasicLogin | undefined {
  switch (login.kind) {
    case 'basic':
      return login;
    case 'identity-token':
      return login.fallback;
    case 'anonymous':
    case 'registry-token':
      return undefined;
  }
}

/** Every form in which a server could echo this login. */
export function loginSecrets(login: Login): readonly Secret[] {
  const basic = basicLoginOf(login);
  const pair = basic === undefined ? [] : [basic.password, new Secret(base64Pair(basic))];
  return login.kind === 'identity-token' || login.kind === 'registry-token' ? [login.token, ...pair] : pair;
}

function base64Pair(login: BasicLogin): string {
  return Buffer.concat([Buffer.from(`${login.username}:`), login.password.reveal()]).toString('base64');
}
