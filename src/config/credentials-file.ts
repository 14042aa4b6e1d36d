import { join } from 'node:path';
import { authSecretPath } from './auth-secret-path.ts';
import type { Options } from './service-options.ts';

/** What there is on the machine, as far as it matters here. */
export interface CredentialsFiles {
  exists(path: string): boolean;
  isReadable(path: string): boolean;
  /** Where the user of this machine has logged in, the first that exists; none inside a cluster. */
  readonly logins: readonly string[];
}

interface CredentialsFile {
  /** Whether credentials are used at all. */
  readonly enabled: boolean;
  readonly path: string;
  readonly warning: string | undefined;
}

/**
 * Which credentials are used: those that the flags name, else those of `docker login`, unless the flags turn them off or
 * a mounted file is there.
 *
 * @param given names of the flags on the command line
 */
export function credentialsFile(
  options: Pick<Options, 'enablePrivateRegistries' | 'registryAuthSecretPath'>,
  given: ReadonlySet<string>,
  files: CredentialsFiles,
): CredentialsFile {
  const enabled = options.enablePrivateRegistries;
  const mounted = { enabled, ...authSecretPath(options, given, (path) => files.exists(path)) };
  const isTurnedOff = given.has('enable-private-registries') && !enabled;
  if (isTurnedOff || given.has('registry-auth-secret-path')) return mounted;
  if (enabled && files.exists(mounted.path)) return mounted;
  const login = files.logins.find((path) => files.exists(path));
  if (login === undefined) return mounted;
  if (files.isReadable(login)) return { enabled: true, path: login, warning: undefined };
  return { ...mounted, warning: `${login} cannot be read; its registry credentials are not used` };
}

/**
 * Where `docker login` writes to: https://docs.docker.com/reference/cli/docker/#environment-variables. Where that file is
 * not there, what `podman login` and `skopeo login` write (containers-auth.json(5)).
 */
export function loginFiles(environment: NodeJS.ProcessEnv): readonly string[] {
  const [dockerFolder = '', home = '', runtimeFolder = ''] = ['DOCKER_CONFIG', 'HOME', 'XDG_RUNTIME_DIR'].map(
    (name) => environment[name],
  );
  const docker = dockerFolder !== '' || home === '' ? dockerFolder : join(home, '.docker');
  return [
    ...(docker === '' ? [] : [join(docker, 'config.json')]),
    ...(runtimeFolder === '' ? [] : [join(runtimeFolder, 'containers', 'auth.json')]),
  ];
}
