import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The files that a program of this machine loads before it starts, its dynamic loader too, as `ldd` names them. */
export async function sharedLibraries(program: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ldd', [program], { timeout: 10_000 });
  return librariesIn(stdout);
}

/** Absolute paths in what `ldd` prints; the kernel's own library is no file. */
export function librariesIn(lddOutput: string): readonly string[] {
  const lines = lddOutput.split('\n').map((line) => /(?:=>\s*)?(\/\S+)\s+\(0x[0-9a-f]+\)\s*$/.exec(line)?.[1]);
  return [...new Set(lines.filter((path) => path !== undefined))];
}
