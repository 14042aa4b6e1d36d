import type { Options } from './service-options.ts';

/** Where Porch's code, unlike its documentation, looks for the credentials. */
const otherDefault = '/var/tmp/config-secret/.dockerconfigjson';

/**
 * The credentials file to read. Where `--registry-auth-secret-path` is not given and only Porch's other default exists,
 * that one, with a warning.
 */
export function authSecretPath(
  options: Pick<Options, 'registryAuthSecretPath'>,
  given: ReadonlySet<string>,
  exists: (path: string) => boolean,
): { readonly path: string; readonly warning: string | undefined } {
  const path = options.registryAuthSecretPath;
  if (given.has('registry-auth-secret-path') || exists(path) || !exists(otherDefault))
    return { path, warning: undefined };
  const warning = `${path} does not exist; using ${otherDefault}: give it with --registry-auth-secret-path`;
  return { path: otherDefault, warning };
}
