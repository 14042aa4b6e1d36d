import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from './temp-folder.ts';

export interface Executables {
  /** `--functions`, `--config` and `--disable-runtimes=pod`. */
  readonly flags: readonly string[];
  readonly path: string;
  /** The image name of a script. */
  image(name: string): string;
  remove(): Promise<void>;
}

/** A functions folder of shell scripts, each mapped from the image `example.com/NAME:v1`. */
export async function writeExecutables(scripts: Readonly<Record<string, string>>): Promise<Executables> {
  const folder = await tempFolder('functions');
  const image = (name: string): string => `example.com/${name}:v1`;
  const rows: string[] = [];
  for (const [name, script] of Object.entries(scripts)) {
    const path = join(folder.path, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    rows.push(`- {function: ${name}, images: ["${image(name)}"]}`);
  }
  const config = join(folder.path, 'config.yaml');
  await writeFile(config, `functions:\n${rows.join('\n')}\n`);
  return {
    flags: [`--functions=${folder.path}`, `--config=${config}`, '--disable-runtimes=pod'],
    path: folder.path,
    image,
    remove: async () => folder.remove(),
  };
}
