import { isJsonObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';

/** RFC 6750 section 2.1. */
export function bearerAuthorization(token: Secret): Secret {
  return new Secret(Buffer.concat([Buffer.from('Bearer '), token.reveal()]));
}

/**
 * What a registry's token says that it allows with a repository, like `pull` and `push`; undefined where it does not tell:
 * many tokens are for their issuer's eyes only. The signature is the registry's to check, so this is for telling people.
 * https://distribution.github.io/distribution/spec/auth/jwt/
 */
export function grantedActions(token: Secret, repository: string | undefined): readonly string[] | undefined {
  const claims = claimsOf(token.reveal().toString('latin1'));
  const access = claims?.['access'];
  if (repository === undefined || !Array.isArray(access)) return undefined;
  const entries = access.filter((entry) => isJsonObject(entry));
  const named = entries.filter(({ type, name }) => type === 'repository' && name === repository);
  const actions = named.flatMap((entry): readonly unknown[] =>
    Array.isArray(entry['actions']) ? entry['actions'] : [],
  );
  return actions.filter((action) => typeof action === 'string');
}

function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
