/** A command line that runs `command` as a container runtime would: in that root, with /proc, as uid and gid 10001. */
export function inRoot(
  root: string,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): readonly string[] {
  const isolation = ['--mount', '--pid', '--fork', `--root=${root}`, '--mount-proc'];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [
    'env',
    '--ignore-environment',
    ...variables,
    '/usr/bin/unshare',
    ...isolation,
    '--setgid=10001',
    '--setuid=10001',
    ...command,
  ];
}
