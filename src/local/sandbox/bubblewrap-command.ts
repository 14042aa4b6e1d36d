import type { SandboxCommand } from './sandbox.ts';

export interface BubblewrapFeatures {
  /** Since bubblewrap 0.8. */
  readonly disableUserNamespaces: boolean;
  /** A folder of device nodes to use as /dev, where those of this machine would belong to the function. */
  readonly devices: string | undefined;
}

/** Descriptor on which bubblewrap tells how the function ended, if it ever started. */
const statusDescriptor = '3';

/**
 * The arguments for `bwrap`, without its name.
 *
 * Its own user namespace maps the function to the user of this process. Where that is root, the function is root for
 * the permissions of /proc/sys and of device nodes even though it holds no capability; so /proc is read-only for
 * everybody, and /dev is a folder of nodes that belong to somebody else.
 */
export function bubblewrapArguments(command: SandboxCommand, features: BubblewrapFeatures): readonly string[] {
  const { root, argv, env, workingDir, uid, gid, tmpBytes } = command;
  const size = ['--size', String(tmpBytes)];
  const { devices, disableUserNamespaces } = features;
  return [
    ['--unshare-all', '--unshare-user', ...(disableUserNamespaces ? ['--disable-userns'] : [])],
    ['--uid', String(uid), '--gid', String(gid), '--hostname', 'function'],
    ['--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ['--ro-bind', root, '/', '--proc', '/proc', '--remount-ro', '/proc'],
    devices === undefined ? ['--dev', '/dev'] : ['--dev-bind', devices, '/dev'],
    [...size, '--tmpfs', '/dev/shm'],
    devices === undefined ? ['--remount-ro', '/dev'] : [],
    ['--perms', '1777', ...size, '--tmpfs', '/tmp'],
    workingDir.startsWith('/tmp/') ? ['--dir', workingDir] : [],
    ['--chdir', workingDir],
    Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ['--json-status-fd', statusDescriptor, '--', ...argv],
  ].flat();
}
