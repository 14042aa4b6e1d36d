import { callerKey } from '../../credentials/caller.ts';

export const credentialsHint =
  'the dockerconfigjson at --registry-auth-secret-path (read with --enable-private-registries)';

/** Where the credentials with this key come from: it says so itself. */
export function originOf(key: string): 'caller' | 'program' | 'pull secret' | 'file' {
  if (key === callerKey) return 'caller';
  if (/^(docker-credential-[a-z\d-]+|image credential provider \S+) for /.test(key)) return 'program';
  return key.startsWith('pull secret ') ? 'pull secret' : 'file';
}

/**
 * What to do about credentials, as an imperative.
 *
 * @param verb of what is to be done to the entry of a file
 * @param wanted what a caller or a program should give instead
 */
export function mend(key: string, verb: string, wanted: string): string {
  switch (originOf(key)) {
    case 'caller':
      return `Send ${wanted} as ${callerKey}.`;
    case 'program':
      return `Have the program give ${wanted}: ${key}.`;
    case 'pull secret':
      return `${verb} the entry "${key}" in the namespace of function pods.`;
    case 'file':
      return `${verb} the entry "${key}" in ${credentialsHint}.`;
  }
}
