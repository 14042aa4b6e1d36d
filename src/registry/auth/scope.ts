import { pullScope } from '../../image/reference.ts';

const maxScopes = 8;
const maxScopeChars = 512;

/**
 * The scopes of a challenge, `type:name:action[,action]` separated by spaces; malformed ones are left out. The name may
 * itself have colons (a host's port). https://distribution.github.io/distribution/spec/auth/scope/
 */
export function parseScopes(text: string | undefined): readonly string[] {
  const scopes = (text ?? '').slice(0, maxScopes * maxScopeChars).split(' ');
  return [...new Set(scopes.filter(isScope))].slice(0, maxScopes);
}

/** The challenge's scopes first, because some registries honour only the first, then ours unless it is among them. */
export function scopesFor(repository: string, challenged: readonly string[]): readonly string[] {
  return [...new Set([...challenged, pullScope({ path: repository })])];
}

function isScope(text: string): boolean {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  const complete = first > 0 && last > first + 1 && last < text.length - 1;
  return complete && text.length <= maxScopeChars && /^[\x21-\x7e]+$/.test(text);
}
