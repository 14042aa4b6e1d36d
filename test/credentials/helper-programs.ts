import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '../support/temp-folder.ts';

/** Credential helpers that are shell scripts, in a folder of their own. */
export interface HelperPrograms {
  /** The folder and the system's own, as a PATH. */
  readonly path: string;
  readonly folder: string;
  /** Writes `docker-credential-NAME`; `$log` in the script is a file beside it. */
  write(name: string, script: string): Promise<void>;
  /** What a helper wrote into its `$log`; empty when nothing. */
  log(name: string): Promise<string>;
  remove(): Promise<void>;
}

export async function helperPrograms(scripts: Readonly<Record<string, string>> = {}): Promise<HelperPrograms> {
  const folder = await tempFolder('helpers');
  const logOf = (name: string): string => join(folder.path, `${name}.log`);
  const write = async (name: string, script: string): Promise<void> => {
    const program = join(folder.path, `docker-credential-${name}`);
    await writeFile(program, `#!/bin/sh\nlog='${logOf(name)}'\n${script}\n`);
    await chmod(program, 0o755);
  };
  for (const [name, script] of Object.entries(scripts)) await write(name, script);
  return {
    path: `${folder.path}:/usr/bin:/bin`,
    folder: folder.path,
    write,
    log: async (name) => readFile(logOf(name), 'utf8').catch(() => ''),
    remove: async () => folder.remove(),
  };
}

/** A script that notes one line per run, its argument and what it was asked, and answers with a login. */
export function answering(username: string, secret: string): string {
  const answer = JSON.stringify({ ServerURL: 'ignored', Username: username, Secret: secret });
  return `echo "$1 $(cat)" >> "$log"\ncat <<'END'\n${answer}\nEND`;
}
