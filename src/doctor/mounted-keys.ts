import { readdir } from 'node:fs/promises';

const mostNamed = 5;

/** What lies in a folder that a secret is mounted at, for who looks for something that does not; its keys and words for them. */
export async function mountedKeys(
  folder: string,
): Promise<{ readonly keys: readonly string[]; readonly said: string }> {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return { keys: [], said: `nor is there a folder ${folder}` };
  const keys = names.filter((name) => !name.startsWith('..'));
  const shown = keys.slice(0, mostNamed).join(', ');
  return { keys, said: `its folder has ${keys.length === 0 ? 'nothing in it' : shown}` };
}
