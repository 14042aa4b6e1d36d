import { expect } from 'chai';
import { credentialsFile, loginFiles } from '../../src/config/credentials-file.ts';

const [usual, other] = ['/var/tmp/auth-secret/.dockerconfigjson', '/var/tmp/config-secret/.dockerconfigjson'];
const [docker, podman] = ['/home/joe/.docker/config.json', '/run/user/7/containers/auth.json'];
const [on, path] = ['enable-private-registries', 'registry-auth-secret-path'];

interface Row {
  readonly what: string;
  readonly given?: readonly string[];
  readonly enabled?: boolean;
  readonly existing: readonly string[];
  /** Default: all that exist. */
  readonly readable?: readonly string[];
  readonly logins?: readonly string[];
  readonly expected: { readonly enabled: boolean; readonly path: string };
  readonly warns?: boolean;
}

const rows: readonly Row[] = [
  { what: "docker's, where nothing is said", existing: [docker], expected: { enabled: true, path: docker } },
  {
    what: "docker's before podman's",
    existing: [docker, podman],
    expected: { enabled: true, path: docker },
  },
  { what: "podman's, where there is no other", existing: [podman], expected: { enabled: true, path: podman } },
  { what: 'none, where nobody has logged in', existing: [], expected: { enabled: false, path: usual } },
  {
    what: 'none inside a cluster',
    existing: [docker],
    logins: [],
    expected: { enabled: false, path: usual },
  },
  {
    what: 'none, where they are turned off',
    given: [on],
    existing: [docker],
    expected: { enabled: false, path: usual },
  },
  {
    what: 'what was given, whatever exists',
    given: [on, path],
    enabled: true,
    existing: [docker, other],
    expected: { enabled: true, path: usual },
  },
  {
    what: 'none where a path is given and nothing turns them on',
    given: [path],
    existing: [docker, usual],
    expected: { enabled: false, path: usual },
  },
  {
    what: "docker's, where they are turned on and nothing is mounted",
    given: [on],
    enabled: true,
    existing: [docker],
    expected: { enabled: true, path: docker },
  },
  {
    what: 'the mounted ones, where they are turned on',
    given: [on],
    enabled: true,
    existing: [docker, usual, other],
    expected: { enabled: true, path: usual },
  },
  {
    what: "those at Porch's other place, where they are turned on",
    given: [on],
    enabled: true,
    existing: [docker, other],
    expected: { enabled: true, path: other },
    warns: true,
  },
  {
    what: 'awaited where they will be mounted, where there are no others',
    given: [on],
    enabled: true,
    existing: [],
    expected: { enabled: true, path: usual },
  },
  {
    what: "docker's, mounted ones being there that nothing turns on",
    existing: [docker, usual],
    expected: { enabled: true, path: docker },
  },
  {
    what: 'none, where they cannot be read',
    existing: [docker, podman],
    readable: [podman],
    expected: { enabled: false, path: usual },
    warns: true,
  },
];

describe('the credentials that are used', () => {
  for (const row of rows) {
    const { what, given = [], enabled = false, existing, readable = existing, logins = [docker, podman] } = row;
    it(`are ${what}`, () => {
      const { warning, ...chosen } = credentialsFile(
        { enablePrivateRegistries: enabled, registryAuthSecretPath: usual },
        new Set(given),
        { exists: (file) => existing.includes(file), isReadable: (file) => readable.includes(file), logins },
      );
      expect(chosen).to.deep.equal(row.expected);
      expect(warning !== undefined).to.equal(row.warns ?? false);
    });
  }

  const environments: readonly (readonly [NodeJS.ProcessEnv, readonly string[]])[] = [
    [{ HOME: '/home/joe' }, [docker]],
    [{ HOME: '/home/joe', XDG_RUNTIME_DIR: '/run/user/7' }, [docker, podman]],
    [{ HOME: '/home/joe', DOCKER_CONFIG: '/etc/docker-of-ci' }, ['/etc/docker-of-ci/config.json']],
    [{ HOME: '/home/joe', DOCKER_CONFIG: '' }, [docker]],
    [{}, []],
  ];
  for (const [environment, files] of environments) {
    it(`are looked for with ${JSON.stringify(environment)} in ${files.join(', ') || 'no place'}`, () => {
      expect(loginFiles(environment)).to.deep.equal(files);
    });
  }
});
