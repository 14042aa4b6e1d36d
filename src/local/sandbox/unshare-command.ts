import { functionDevices } from './mount-points.ts';
import type { SandboxCommand } from './sandbox.ts';

/** Where the programs of util-linux are on this machine. */
export interface UnshareTools {
  readonly setpriv: string;
  readonly unshare: string;
}

/**
 * Lays out the file system as the root of an outer user namespace, then runs the function in an inner one, without any
 * right over the mounts. A single `unshare --map-root-user --root` would leave the root writable to a function that is
 * root. It stays the parent of the function, so that this is not process 1, which ignores signals.
 */
const layOut = `set -e
root=$1 size=$2 directory=$3
shift 3
{ echo 1 > /proc/sys/user/max_user_namespaces; } 2> /dev/null || :
hostname function 2> /dev/null || :
mount --bind "$root" "$root"
mount -o remount,bind,ro,nosuid,nodev "$root"
mount -t proc -o ro,nosuid,nodev,noexec proc "$root/proc"
for device in ${functionDevices.join(' ')}; do
  mount --bind -o ro "/dev/$device" "$root/dev/$device"
done
mount -t tmpfs -o "size=$size,mode=1777,nosuid,nodev" tmpfs "$root/dev/shm"
mount -t tmpfs -o "size=$size,mode=1777,nosuid,nodev" tmpfs "$root/tmp"
case $directory in /tmp/*) mkdir -p "$root$directory";; esac
echo ready >&3
exec 3>&-
set +e
env -i -- "$@"
exit $?
`;

/**
 * Variables with which the host's dynamic loader and C library would run code or read files of the image's choice, in
 * the moment before `unshare` becomes the function. bubblewrap sets variables only once it runs, and needs no such list.
 */
const loaderVariables = /^(?:(?:LD|MALLOC)_.*|GLIBC_TUNABLES|GCONV_PATH|GETCONF_DIR|LOCPATH|NLSPATH|MUSL_LOCPATH)$/;

/** The arguments of `setpriv`, its name first. */
export function unshareCommand(command: SandboxCommand, tools: UnshareTools): readonly [string, ...string[]] {
  const { root, argv, env, workingDir, uid, gid, tmpBytes } = command;
  const variables = Object.entries(env).filter(([name]) => !loaderVariables.test(name));
  const rest = [
    ['--pdeathsig', 'KILL', '--no-new-privs'],
    [tools.unshare, '--user', '--map-root-user', '--mount', '--propagation', 'private'],
    ['--pid', '--fork', '--kill-child=KILL', '--net', '--ipc', '--uts', '--cgroup'],
    ['/bin/sh', '-c', layOut, 'sandbox', root, String(tmpBytes), workingDir],
    variables.map(([name, value]) => `${name}=${value}`),
    [tools.unshare, '--user', `--map-user=${String(uid)}`, `--map-group=${String(gid)}`],
    [`--root=${root}`, `--wd=${workingDir}`, '--', ...argv],
  ];
  return [tools.setpriv, ...rest.flat()];
}
