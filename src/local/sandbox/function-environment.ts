const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const defaultHome = '/tmp';

/** The environment of a function: what its image says, and the two variables that no program can do without. */
export function functionEnvironment(
  imageEnv: readonly string[],
  home: string | undefined,
): Readonly<Record<string, string>> {
  const entries = imageEnv.map((entry) => {
    const equals = entry.indexOf('=');
    return equals < 0 ? ([entry, ''] as const) : ([entry.slice(0, equals), entry.slice(equals + 1)] as const);
  });
  return { PATH: defaultPath, HOME: home ?? defaultHome, ...Object.fromEntries(entries) };
}
