import type { NodeImage } from './node-images.ts';
import type { ContainerSpec } from './pod-spec.ts';

export interface ContainerPlace {
  /** Root folder on this machine. */
  readonly root: string;
  readonly hostname: string;
  /** A process in the network namespace of the pod. */
  readonly networkPid: number;
  /** File on this machine for /etc/hosts. */
  readonly hosts: string;
  /** Folder on this machine by volume. */
  readonly volumes: ReadonlyMap<string, string>;
  readonly uid: number;
  readonly gid: number;
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The command that runs a container: killed with us, in the pod's network, in bubblewrap as pid 1, which tells its pid on descriptor 3. */
export function containerCommand(spec: ContainerSpec, image: NodeImage, place: ContainerPlace): readonly string[] {
  const env = environmentOf(spec, image, place.hostname);
  const expand = (text: string): string => expanded(text, env);
  const command = (spec.command.length > 0 ? spec.command : image.entrypoint).map(expand);
  const args = spec.args.length > 0 ? spec.args.map(expand) : spec.command.length > 0 ? [] : image.cmd;
  const mounts = spec.mounts.flatMap(({ volume, path, readOnly }) => {
    return [readOnly ? '--ro-bind' : '--bind', place.volumes.get(volume) ?? '/nonexistent', path];
  });
  const user = place.uid === 0 ? [] : ['--unshare-user', '--uid', String(place.uid), '--gid', String(place.gid)];
  const ownNetwork = ['setpriv', '--pdeathsig', 'KILL', 'nsenter', `--net=/proc/${String(place.networkPid)}/ns/net`];
  const sandbox = ['bwrap', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--as-pid-1', '--die-with-parent'];
  const rights = [...user, '--cap-drop', 'ALL', '--hostname', place.hostname, '--json-status-fd', '3', '--clearenv'];
  const variables = [...env].flatMap(([name, value]) => ['--setenv', name, value]);
  const root = [spec.readOnlyRoot ? '--ro-bind' : '--bind', place.root, '/', '--proc', '/proc', '--dev', '/dev'];
  const start = ['--chdir', spec.workingDir || image.workingDir || '/', '--', ...command, ...args];
  const hosts = ['--ro-bind', place.hosts, '/etc/hosts'];
  return [...ownNetwork, ...sandbox, ...rights, ...variables, ...root, ...hosts, ...mounts, ...start];
}

function environmentOf(spec: ContainerSpec, image: NodeImage, hostname: string): ReadonlyMap<string, string> {
  const env = new Map([
    ['PATH', defaultPath],
    ['HOSTNAME', hostname],
  ]);
  for (const entry of image.env) {
    const at = entry.indexOf('=');
    env.set(entry.slice(0, at), entry.slice(at + 1));
  }
  for (const [name, value] of spec.env) env.set(name, expanded(value, env));
  return env;
}

/** `$(NAME)` is replaced where it is known, and `$$` is `$`. Kubernetes API, Container v1, `command`. */
function expanded(text: string, env: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    return name === undefined ? '$' : (env.get(name) ?? whole);
  });
}
