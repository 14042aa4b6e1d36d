import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { missingPrograms } from './cluster/cluster-programs.ts';

/** One thing that some tests need from the machine. */
interface Requirement {
  /** Undefined when it is there, else why it is not. */
  missing(): string | undefined;
  /** What a person would do about it, as an imperative. */
  readonly fix: string;
}

/** Everything that tests may name in `requires(…)`; with `CI=true` all of it has to be there. */
const requirementTable = {
  'docker-registry': program('docker-registry', 'docker-registry'),
  skopeo: program('skopeo', 'skopeo'),
  bubblewrap: program('bwrap', 'bubblewrap'),
  htpasswd: program('htpasswd', 'apache2-utils'),
  go: program('go', 'golang'),
  buildah: program('buildah', 'buildah'),
  debootstrap: program('debootstrap', 'debootstrap'),
  'docker-credential-pass': program('docker-credential-pass', 'golang-docker-credential-helpers'),
  pass: program('pass', 'pass'),
  gpg: program('gpg', 'gnupg'),
  cluster: {
    missing: missingCluster,
    fix: 'apt-get install golang, or KUBEBUILDER_ASSETS=FOLDER with kube-apiserver, etcd and kubectl',
  },
  cosign: {
    missing: () => (isOnPath('go') ? undefined : 'go is not installed, with which cosign is built'),
    fix: 'apt-get install golang',
  },
  'user-namespaces': {
    missing: () =>
      succeeds('unshare', ['--user', '--map-root-user', 'true'])
        ? undefined
        : 'unprivileged user namespaces cannot be created here',
    fix: 'run as root, or set sysctl kernel.unprivileged_userns_clone=1 and user.max_user_namespaces above 0',
  },
  'network-namespaces': {
    missing: () =>
      succeeds('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up'])
        ? undefined
        : 'network namespaces cannot be made and set up here',
    fix: 'run as root, and apt-get install iproute2',
  },
  root: {
    missing: () => (process.getuid?.() === 0 ? undefined : 'not running as root'),
    fix: 'run the tests as root',
  },
} as const satisfies Readonly<Record<string, Requirement>>;

export type RequirementName = keyof typeof requirementTable;

export const requirementNames: readonly RequirementName[] = [
  'docker-registry',
  'skopeo',
  'bubblewrap',
  'htpasswd',
  'go',
  'buildah',
  'debootstrap',
  'docker-credential-pass',
  'pass',
  'gpg',
  'cluster',
  'cosign',
  'user-namespaces',
  'network-namespaces',
  'root',
];

const answers = new Map<RequirementName, string | undefined>();

/** `name: reason` of each requirement among `names` that the machine does not meet; each is looked up once per process. */
export function unmet(
  names: readonly RequirementName[],
): readonly { name: RequirementName; reason: string; fix: string }[] {
  return names.flatMap((name) => {
    if (!answers.has(name)) answers.set(name, requirementTable[name].missing());
    const reason = answers.get(name);
    return reason === undefined ? [] : [{ name, reason, fix: requirementTable[name].fix }];
  });
}

function program(command: string, debianPackage: string): Requirement {
  return {
    missing: () => (isOnPath(command) ? undefined : `${command} is not installed`),
    fix: `apt-get install ${debianPackage}`,
  };
}

/** Without the programs themselves they are built, once per machine. */
function missingCluster(): string | undefined {
  const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
  if (assets === '') return isOnPath('go') ? undefined : 'neither KUBEBUILDER_ASSETS is set nor go installed';
  const missing = missingPrograms(assets);
  return missing.length === 0 ? undefined : `KUBEBUILDER_ASSETS has no ${missing.join(' and no ')}`;
}

function isOnPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 5000 }).status === 0;
}
